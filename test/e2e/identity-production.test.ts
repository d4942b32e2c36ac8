import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../scripts/repository/read-cluster.ts';
import { until } from '../until.ts';
import { identityIn } from './identity/forge.ts';
import { primary } from './identity/laptop.ts';
import { callKinds, Load, lostNothing } from './identity/load.ts';
import { ObjectStore } from './identity/object-store.ts';
import { said, seconds, World } from './identity/world.ts';

/** What production has and the laptop has not: databases of three instances, and authorities below one root. */
describe('identity as in production', () => {
  const world = new World();
  let load: Load | undefined;
  let store: ObjectStore | undefined;
  const startStore = async () => (store ??= await ObjectStore.start(world.cluster, world.probe));

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

  it('starts with one root, an intermediate for each service and three instances of each database', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
    for (const app of ['orders', 'jobs']) {
      await until(async () => (await world.readyInstances(app)) === 3, `three instances for ${app}`);
    }
  });

  it('serves an order, with processes that trust the root only', async () => {
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
      ['people', 'me.orders', 'orders'],
      ['orders', 'orders-db-rw', 'orders-db'],
    ] as const) {
      const { pair, roots } = await identityIn(world.cluster, { namespace, secret, authority });
      expect(roots.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
      // The authority itself comes with the certificate that it issued.
      expect(pair.cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    }
  });

  it.each(['orders', 'orders-db'])('rotates the intermediate %s without a failed request', async (name) => {
    load ??= Load.start(world.cluster);
    const started = performance.now();
    const ended = await world.checkout.npm('certs', 'rotate', name);
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(lostNothing(load.since(`rotation of the intermediate ${name} in ${seconds(started)} s`))).toBe(
      'nothing',
    );
    const issuers = (await world.inUse()).filter(({ issuer }) => issuer.startsWith(`${name}-ca-`));
    expect([...new Set(issuers.map(({ issuer }) => issuer))]).toEqual([`${name}-ca-2`]);
  });

  it('refuses to remove the old intermediate at once in a rotation', async () => {
    const ended = await world.checkout.npm('certs', 'rotate', 'orders', '--compromise');
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain('a rotation cannot revoke them at once');
  });

  it('rotates the root above them without a failed request', async () => {
    load ??= Load.start(world.cluster);
    const wanted = { namespace: 'orders', secret: 'orders-db-rw', authority: 'orders-db' };
    const before = await identityIn(world.cluster, wanted);
    const started = performance.now();
    const ended = await world.checkout.npm('certs', 'rotate', 'environment');
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(lostNothing(load.since(`rotation of the root in ${seconds(started)} s`))).toBe('nothing');
    const after = await identityIn(world.cluster, wanted);
    expect(after.roots.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    expect(after.roots).not.toBe(before.roots);
    const cas = (await world.inUse()).filter(({ certificate }) => certificate.startsWith('cert-manager/'));
    expect([...new Set(cas.map(({ issuer }) => issuer))].sort()).toEqual(['environment-ca-2', 'self-signed']);
  });

  it('loses no call when the primary of a database is killed three times', async () => {
    load ??= Load.start(world.cluster);
    for (let round = 1; round <= 3; round++) {
      const old = await primary(world.cluster, 'orders');
      const started = performance.now();
      await world.probe.kubectl(['delete', 'pod', old, '-n', 'orders', '--grace-period=0', '--force']);
      await until(async () => (await primary(world.cluster, 'orders')) !== old, 'another primary', {
        pauseMs: 100,
      });
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

  it('keeps the previous version serving if a migration fails', async () => {
    const versions = ['get', 'pods', '-n', 'orders', '-l', 'app.kubernetes.io/name=orders', '-o', 'name'];
    const before = await world.probe.kubectl(versions);
    const file = join(world.checkout.root, 'apps/orders/migrations/002-wrong.sql');
    await writeFile(file, 'insert into nowhere values (1);\n');
    const started = performance.now();
    const text = await world.checkout.npmKilledAt(/orders-migrations \([^)]*[Ff]ail/, 'deploy', 0);
    console.log(`failed migration, from the file to its failure: ${seconds(started)} s`);
    expect(text).not.toContain('✔ Flux has applied the manifests');
    const log = ['logs', '-n', 'orders', '-l', 'app.kubernetes.io/name=orders-migrations', '--tail=-1'];
    expect(await world.probe.kubectl(log)).toContain('002-wrong.sql:1:13: relation "nowhere" does not exist');
    expect(await world.probe.kubectl(versions)).toBe(before);
    const placed = await world.checkout.npm('orders', 'place', 'Ada', 'plinth-1:2:1250');
    expect(placed.exitCode, said(placed)).toBe(0);
    await rm(file);
    const ended = await world.checkout.npm('deploy');
    expect(ended.exitCode, said(ended)).toBe(0);
  });

  it('backs up to S3 once cluster.yaml has a destination', async () => {
    const s3 = await startStore();
    for (const namespace of ['orders', 'jobs']) await s3.letIn(namespace);
    const { destination, endpoint } = s3;
    const line = `{ instances: 3, backups: { destination: '${destination}', endpoint: '${endpoint}', authority: backups-authority, credentials: { secret: backups } } }`;
    await world.checkout.edit('clusters/dev/cluster.yaml', (text) =>
      text.replace(/^databases: .*$/m, `databases: ${line}`),
    );
    const started = performance.now();
    const ended = await world.checkout.npm('deploy', '-m', 'Backups');
    expect(ended.exitCode, said(ended)).toBe(0);
    const phases = ['get', 'backups.postgresql.cnpg.io', '-A', '-o', 'jsonpath={.items[*].status.phase}'];
    let phase = '';
    await until(
      async () => {
        phase = await world.probe.kubectl(phases);
        return phase === 'completed completed';
      },
      () => `a full backup of each database, which are '${phase}'`,
      { pauseMs: 2_000 },
    );
    console.log(`line written to full backups of two databases: ${seconds(started)} s`);
  });

  it('restores a database to the time before a mistake by the documented steps', async () => {
    await world.inOrders("insert into orders (customer, total) values ('before the mistake', 1)");
    await sleep(1_000);
    const moment = await world.inOrders('select now()');
    await sleep(1_000);
    const before = await world.inOrders('select count(*) from orders');
    await world.inOrders('delete from orders; select pg_switch_wal()');
    expect(await world.inOrders('select count(*) from orders')).toBe('0');

    const started = performance.now();
    await world.probe.kubectl(['create', 'namespace', 'restored']);
    await world.probe.kubectl(['label', 'namespace', 'restored', 'plinth.io/databases=postgres']);
    await (await startStore()).letIn('restored');
    const cluster = ['get', 'clusters.postgresql.cnpg.io', 'orders-db', '-n', 'orders', '-o', 'json'];
    await world.probe.kubectl(
      ['apply', '-f', '-'],
      restored(JSON.parse(await world.probe.kubectl(cluster)).spec, moment),
    );
    const pod = ['-n', 'restored', 'orders-restored-1', '-c', 'postgres', '--'];
    const ask = (text: string) =>
      world.probe.kubectl(['exec', ...pod, 'psql', '-Atqd', 'orders', '-c', text]);
    await until(
      async () => (await ask('select pg_is_in_recovery()')).trim() === 'f',
      'the restored database',
    );
    console.log(`restored to a moment: ${seconds(started)} s, ${before} orders`);
    expect((await ask('select count(*) from orders')).trim()).toBe(before);
    expect((await ask("select count(*) from orders where customer = 'before the mistake'")).trim()).toBe('1');
  });
});

/** The manifest of the documentation, with the archive of a real database and another time. */
function restored(
  spec: { imageName: string; backup: { barmanObjectStore: object } },
  moment: string,
): string {
  const page = readFileSync(join(repositoryRoot, 'docs/restoring-a-database.md'), 'utf8');
  const [, text = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
  return parseAllDocuments(text)
    .map((document) => {
      if (document.get('kind') === 'Cluster') {
        document.setIn(['spec', 'imageName'], spec.imageName);
        document.setIn(['spec', 'bootstrap', 'recovery', 'recoveryTarget', 'targetTime'], moment);
        const store = ['spec', 'externalClusters', 0, 'barmanObjectStore'];
        document.setIn(store, document.createNode(spec.backup.barmanObjectStore));
      }
      return JSON.stringify(document.toJS());
    })
    .join('\n');
}
