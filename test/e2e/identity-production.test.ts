import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityIn } from './identity/forge.ts';
import { primary } from './identity/laptop.ts';
import { callKinds, Load, lostNothing } from './identity/load.ts';
import { said, seconds, until, World } from './identity/world.ts';

/** What production has and the laptop has not: databases of three instances, and authorities below one root. */
describe('identity as in production', () => {
  const world = new World();
  let load: Load | undefined;

  beforeAll(() =>
    world.begin((checkout) =>
      checkout.edit('clusters/dev/cluster.yaml', (text) =>
        text
          .replace(/^identity:$/m, 'identity:\n  authorities: intermediate')
          .replace(/^people:$/m, 'databases: { instances: 3 }\npeople:'),
      ),
    ),
  );
  afterAll(async () => {
    await load?.stop();
    await world.end();
  });

  it('comes up: one root, an authority for each service below it, three instances of each database', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
    for (const app of ['orders', 'jobs']) {
      await until(async () => (await world.readyInstances(app)) === 3, `three instances for ${app}`);
    }
  });

  it('lets a person place orders, and every process trusts the root alone', async () => {
    for (const app of ['orders', 'jobs']) {
      const ended = await world.checkout.npm('certs', 'issue', 'me', '--for', app);
      expect(ended.exitCode, said(ended)).toBe(0);
    }
    const placed = await world.checkout.npm('orders', 'place', 'Ada', 'plinth-1:2:1250', '--json');
    expect(placed.exitCode, said(placed)).toBe(0);
    await until(async () => (await world.unconfirmed()) === 0, 'the order to be confirmed by its job');
    const used = await world.inUse();
    expect(used.flatMap(({ uses }) => uses).length).toBeGreaterThan(10);
    for (const [namespace, secret, authority] of [
      ['people', 'me-orders', 'orders'],
      ['orders', 'orders-db-rw', 'orders-db'],
    ] as const) {
      const { pair, roots } = await identityIn(world.cluster, { namespace, secret, authority });
      expect(roots.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
      // The authority itself comes with the certificate that it issued.
      expect(pair.cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    }
  });

  it.each(['orders', 'orders-db'])('rolls the intermediate %s without a failed request', async (name) => {
    load ??= Load.start(world.cluster);
    const started = performance.now();
    const ended = await world.checkout.npm('certs', 'roll', name);
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(lostNothing(load.since(`roll of the intermediate ${name} in ${seconds(started)} s`))).toBe(
      'nothing',
    );
    const issuers = (await world.inUse()).filter(({ issuer }) => issuer.startsWith(`${name}-ca-`));
    expect([...new Set(issuers.map(({ issuer }) => issuer))]).toEqual([`${name}-ca-2`]);
  });

  it('says that no roll can drop an intermediate at once', async () => {
    const ended = await world.checkout.npm('certs', 'roll', 'orders', '--compromise');
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain('no roll can drop it at once');
  });

  it('fails over without a lost call when the primary is killed, three times', async () => {
    load ??= Load.start(world.cluster);
    for (let round = 1; round <= 3; round++) {
      const old = await primary(world.cluster, 'orders');
      const started = performance.now();
      await world.probe.kubectl(['delete', 'pod', old, '-n', 'orders', '--grace-period=0', '--force']);
      await until(async () => (await primary(world.cluster, 'orders')) !== old, 'another primary', 100);
      const elected = seconds(started);
      const answered = load.placed.length;
      await until(
        async () => load !== undefined && load.placed.length > answered + 20,
        'orders to be placed',
      );
      console.log(
        `failover ${round}: from ${old}, another primary after ${elected} s, orders by ${seconds(started)} s`,
      );
      expect(lostNothing(load.since(`failover ${round}`), callKinds)).toBe('nothing');
      await until(async () => (await world.readyInstances('orders')) === 3, 'three instances again');
    }
    await load.stop();
    expect(lostNothing(load.since('after the failovers'), callKinds)).toBe('nothing');
    await world.keeps(load.placed);
  });
});
