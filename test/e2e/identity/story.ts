import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findEngine } from '../../../images/index.ts';
import { until } from '../../until.ts';
import { reaches, startProbes } from '../flows.ts';
import { databaseRefusals } from './database-refusals.ts';
import { policyRefusals } from './policy-refusals.ts';
import { login } from './probe.ts';
import { serviceRefusals } from './service-refusals.ts';
import { signedRefusals } from './signed-refusals.ts';
import { underLoad } from './under-load.ts';
import { said, seconds, type World } from './world.ts';

/**
 * On a cluster that runs: orders and jobs, and beside them an app that owns a database and one that reads it and calls
 * the other. Each refusal is tried for real, and each fault, renewal and rotation under load.
 */
export function identityStory(world: World): void {
  describe('identity', () => {
    it('gives a person a certificate, with which orders and jobs answer from this machine', async () => {
      for (const app of ['orders', 'jobs']) {
        const ended = await world.checkout.npm('certs', 'issue', 'me', '--for', app);
        expect(ended.exitCode, said(ended)).toBe(0);
        const { mode } = await stat(join(world.checkout.state, world.cluster, 'identity', app, 'tls.key'));
        expect(mode & 0o777).toBe(0o600);
      }
      const placed = await world.checkout.npm(
        'orders',
        'place',
        'Ada',
        'plinth-1:2:1250',
        '--key',
        'once',
        '--json',
      );
      expect(placed.exitCode, said(placed)).toBe(0);
      const { id } = JSON.parse(placed.stdout);
      await until(
        async () => (await world.checkout.npm('orders', 'get', id)).stdout.includes('confirmed'),
        'the order to be confirmed by its job',
      );
      const queues = await world.checkout.npm('jobs', 'queues', '--json');
      expect(said(queues)).toContain('orders.confirm');
      const stranger = await world.checkout.npm('certs', 'issue', 'you', '--for', 'orders');
      expect(stranger.exitCode).toBe(1);
      expect(stranger.stderr).toMatch(/clusters\/dev\/cluster\.yaml:\d+:\d+: 'you' may not call 'orders'/);
    });

    it('lists every certificate with what is really in use', async () => {
      const all = await world.inUse();
      const by = (way: string) =>
        all.filter(({ uses }) => uses.some((use) => use.by === way)).map(({ certificate }) => certificate);
      expect(by('wire')).toEqual(
        expect.arrayContaining([
          'jobs/jobs-server',
          'jobs/jobs-db-server',
          'orders/orders-server',
          'orders/orders-db-server',
        ]),
      );
      expect(by('process')).toEqual(
        expect.arrayContaining(['orders/jobs-client', 'orders/orders-db-rw', 'jobs/jobs-db-rw']),
      );
      expect(by('files')).toEqual(['people/me.jobs', 'people/me.orders']);
    });

    it('says what a rotation would do, and does nothing', async () => {
      const stands = async () => [
        await world.git('log', '-1', '--format=%H'),
        await world.git('status', '--short'),
      ];
      const before = await stands();
      const ended = await world.checkout.npm('certs', 'rotate', 'orders', '--dry-run');
      expect(ended.exitCode, said(ended)).toBe(0);
      expect(ended.stdout).toContain('identity.roots.orders: { trusted: [1, 2], issuing: 1 }');
      expect(ended.stdout).toContain('identity.roots.orders: { trusted: [2], issuing: 2 }');
      expect(await stands()).toEqual(before);
    });

    it('brings a declared edge to a first query over mutual TLS', async () => {
      const started = performance.now();
      await world.checkout.edit('apps/reader/app.ts', (text) =>
        text.replace('uses: [', "uses: [\n    { kind: 'database', of: 'ledger', as: 'read-only' },"),
      );
      const ended = await world.checkout.npm('deploy', '-m', 'The reader reads');
      expect(ended.exitCode, said(ended)).toBe(0);
      await world.probe.startProbe('reader', { 'ledger-db-ro': 'ledger-db', 'ledger-client': 'ledger' });
      await world.probe.queries('reader', login('ledger_ro', '/as/ledger-db-ro'));
      console.log(`edge declared to first query: ${seconds(started)} s`);
      await world.probe.startProbe('ledger', { 'ledger-db-rw': 'ledger-db' });
      await world.probe.queries('ledger', login('ledger_rw', '/as/ledger-db-rw'));
      await world.commit('The reader reads');
    });

    databaseRefusals(world);
    serviceRefusals(world);
    policyRefusals(world);
    signedRefusals(world);

    it('lets no pod near that no edge names', async () => {
      const engine = await findEngine();
      if (engine === undefined) throw new Error('no container engine runs');
      const [stranger] = await startProbes(
        engine,
        world.cluster,
        ['stranger'],
        [`${world.cluster}-control-plane`],
      );
      if (stranger === undefined) throw new Error('no probe');
      const targets = {
        names: 'ledger.ledger.svc.cluster.local',
        service: 'ledger.ledger.svc.cluster.local:8443',
        database: 'ledger-db-rw.ledger.svc.cluster.local:5432',
      };
      const shut = { names: true, service: false, database: false };
      expect(await reaches(engine, world.cluster, stranger, targets)).toEqual(shut);
      const reader = { namespace: 'reader', pod: await world.probe.podOf('reader') };
      expect(await reaches(engine, world.cluster, reader, targets)).toEqual({
        names: true,
        service: true,
        database: true,
      });
    });

    it('issues certificates as fast as they are asked for', async () => {
      const count = 60;
      const made = (kind: string, name: string, spec: object) =>
        JSON.stringify({
          apiVersion: 'cert-manager.io/v1',
          kind,
          metadata: { name, namespace: 'stranger' },
          spec,
        });
      const ca = { secretName: 'own-ca', commonName: 'own', isCA: true, issuerRef: { name: 'own-root' } };
      const leaf = (i: number) => ({
        ...{ secretName: `own-${i}`, commonName: `own-${i}`, issuerRef: { name: 'own-ca' } },
        privateKey: { algorithm: 'ECDSA', size: 256 },
      });
      const ready = (which: string[]) =>
        world.probe.kubectl(['wait', '--for=condition=Ready', '--timeout=180s', '-n', 'stranger', ...which]);
      await world.probe.kubectl(
        ['apply', '-f', '-'],
        made('Issuer', 'own-root', { selfSigned: {} }) + made('Certificate', 'own-ca', ca),
      );
      await ready(['certificate/own-ca']);
      await world.probe.kubectl(
        ['apply', '-f', '-'],
        made('Issuer', 'own-ca', { ca: { secretName: 'own-ca' } }),
      );
      await ready(['issuer/own-ca']);
      const all = Array.from({ length: count }, (_, i) => made('Certificate', `own-${i}`, leaf(i)));
      const started = performance.now();
      await world.probe.kubectl(['apply', '-f', '-'], all.join('\n'));
      await ready(['certificate', '--all']);
      console.log(`certificates issued: ${Math.round((count / Number(seconds(started))) * 60)} a minute`);
      await world.probe.kubectl(['delete', 'namespace', 'stranger']);
    });

    underLoad(world);
  });
}
