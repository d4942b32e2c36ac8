import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../until.ts';
import { identityIn, takenOver } from './forge.ts';
import { primary } from './laptop.ts';
import { callKinds, Load, lostNothing } from './load.ts';
import { parts, said, seconds, type World } from './world.ts';

/** Faults, renewals and rotations, each under the same load, of which what fails is counted. */
export function underLoad(world: World): void {
  describe('under load', () => {
    let load: Load;

    beforeAll(async () => {
      for (const namespace of ['ledger', 'reader'])
        await world.probe.kubectl(['delete', 'pod', 'probe', '-n', namespace, '--wait']);
      load = Load.start(world.cluster);
      await until(async () => load.coversAll, 'a call, a connection and a login to end');
      expect(lostNothing(load.since('before anything'))).toBe('nothing');
    });

    afterAll(() => load?.stop());

    it('loses nothing when Secrets are deleted', async () => {
      const secrets = ['orders-server', 'orders-db-rw'];
      const before = await Promise.all(secrets.map((name) => world.fingerprint('orders', name)));
      await world.probe.kubectl(['delete', 'secret', '-n', 'orders', ...secrets]);
      await world.allNew('orders', secrets, before);
      await world.inUse();
      // A login reads the Secret itself, which for a moment is not there.
      const counts = load.since('Secrets deleted');
      expect(counts['logins with a query']?.ok).toBeGreaterThan(0);
      expect(lostNothing(counts, callKinds)).toBe('nothing');
    });

    it('loses nothing when cert-manager is killed in the middle of issuing', async () => {
      const names = ['orders-server', 'jobs-client', 'orders-db-server', 'orders-db-rw'];
      const before = await Promise.all(names.map((name) => world.fingerprint('orders', name)));
      await Promise.all(names.map((name) => world.renew('orders', name)));
      await world.probe.kubectl([
        ...['delete', 'pod', '-n', 'cert-manager', '-l', 'app.kubernetes.io/name=cert-manager'],
        ...['--grace-period=0', '--force'],
      ]);
      await world.allNew('orders', names, before);
      await world.inUse();
      expect(lostNothing(load.since('cert-manager killed while it renewed'))).toBe('nothing');
    });

    it('renews every certificate without a failed request', async () => {
      const before = await world.counts();
      const all = (await world.list())
        .filter(({ uses }) => uses.length > 0)
        .map(({ certificate }) => parts(certificate));
      const old = await Promise.all(all.map((each) => world.fingerprint(...each)));
      for (const each of all) await world.renew(...each);
      await until(async () => {
        const now = await Promise.all(all.map((each) => world.fingerprint(...each)));
        return now.every((value, i) => value !== '' && value !== old[i]);
      }, 'renewed certificates');
      await world.lookAtFiles('orders', 'jobs', 'ledger', 'reader');
      for (const app of ['orders', 'jobs']) await world.checkout.npm('certs', 'issue', 'me', '--for', app);
      await world.inUse();
      const after = await world.counts();
      console.log(
        `renewal, between apps: ${after.ok - before.ok} calls, ${after.failed - before.failed} failed`,
      );
      expect(after.ok - before.ok).toBeGreaterThan(100);
      expect(after.failed - before.failed, after.last).toBe(0);
      expect(lostNothing(load.since(`renewal of ${all.length} certificates`))).toBe('nothing');
    });

    it.each(['orders', 'orders-db'])('rotates the authority %s without a failed request', async (name) => {
      if (name === 'orders-db') await world.checkout.npmKilledAt(/2 of 3/, 'certs', 3_000, 'rotate', name);
      const started = performance.now();
      const ended = await world.checkout.npm('certs', 'rotate', name);
      expect(ended.exitCode, said(ended)).toBe(0);
      console.log(ended.stdout);
      expect(lostNothing(load.since(`rotation of ${name} in ${seconds(started)} s`))).toBe('nothing');
      const issuers = (await world.inUse()).filter(({ issuer }) => issuer.startsWith(`${name}-ca-`));
      expect([...new Set(issuers.map(({ issuer }) => issuer))]).toEqual([`${name}-ca-2`]);
      const roots = [
        'get',
        'configmap',
        `${name}-trust`,
        '-n',
        'orders',
        '-o',
        'jsonpath={.data.roots\\.pem}',
      ];
      expect((await world.probe.kubectl(roots)).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
      await until(
        async () => (await world.fingerprint('cert-manager', `${name}-ca-1`)) === '',
        'the key of the old generation to be gone',
      );
    });

    it('drops an authority at once after a compromise', async () => {
      const old = await takenOver(world.cluster, 'jobs-ca-1');
      const started = performance.now();
      const ended = await world.checkout.npm('certs', 'rotate', 'jobs', '--compromise');
      expect(ended.exitCode, said(ended)).toBe(0);
      console.log(`compromise of jobs: the old one refused everywhere after ${seconds(started)} s`);
      const { roots } = await identityIn(world.cluster, {
        namespace: 'people',
        secret: 'me.jobs',
        authority: 'jobs',
      });
      expect(roots).not.toContain(old.roots.trim());
      const queues = await world.checkout.npm('jobs', 'queues');
      expect(queues.exitCode, said(queues)).toBe(0);
      expect(lostNothing(load.since('compromise of jobs, seen from orders'))).toBe('nothing');
    });

    it('loses no call and nothing that was committed when the database pod is killed', async () => {
      const started = performance.now();
      const pod = await primary(world.cluster, 'orders');
      await world.probe.kubectl(['delete', 'pod', pod, '-n', 'orders', '--grace-period=0', '--force']);
      const answered = load.placed.length;
      await until(async () => load.placed.length > answered + 20, 'orders to be placed again');
      console.log(`database pod killed: orders were placed again after ${seconds(started)} s`);
      await load.stop();
      expect(lostNothing(load.since('database pod killed'), callKinds)).toBe('nothing');
      await world.keeps(load.placed);
    });
  });
}
