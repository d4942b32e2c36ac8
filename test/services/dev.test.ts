import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { ask } from '../../apps/kit/client.ts';
import { databaseAccess } from '../../apps/kit/database.ts';
import { OrderState, OrdersServiceClient } from '../../apps/kit/generated/orders.ts';
import { migrate } from '../../apps/kit/migrate.ts';
import { databaseName, databaseRole } from '../../model/schema/database.ts';
import { dev } from '../../scripts/dev/dev.ts';
import { freePort } from '../free-port.ts';
import { TestAuthority } from './authority.ts';
import { FakeCluster } from './fake-cluster.ts';
import { makeDatabase } from './postgres.ts';
import { connect, databaseAuthority, eventually, identity, loginAs, type Running, runJobs } from './world.ts';

/*
 * `npm run dev -- orders` with the manifests of this repository: the API server is one of the test, which forwards ports to a real
 * `jobs` and a real Postgres, both with certificates for their names in the cluster.
 */

const root = join(import.meta.dirname, '../..');
const app = 'orders-on-this-machine';

let jobs: Running;
let orders: TestAuthority;
let cluster: FakeCluster;

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('plinth-dev-'));

beforeAll(async () => {
  jobs = await runJobs('jobs-of-dev', ['orders']);
  const at = inject('postgres');
  await makeDatabase(at, app);
  const owner = databaseAccess('migrations', await loginAs(app, 'owner'));
  await migrate({ config: owner.config, folder: join(root, 'apps/orders/migrations'), report: () => {} });
  owner.close();
  const databases = await databaseAuthority();
  orders = await TestAuthority.make('orders');
  const pair = async (authority: TestAuthority, commonName: string, dnsNames?: string[]) => {
    const { cert, key } = await authority.issue({
      commonName,
      ...(dnsNames === undefined ? {} : { dnsNames }),
    });
    return { 'tls.crt': cert, 'tls.key': key };
  };
  cluster = await FakeCluster.start('plinth-dev', {
    secrets: {
      'orders/orders-server': await pair(orders, 'orders', ['localhost']),
      'orders/jobs-client': await pair(jobs.authority, 'orders'),
      'orders/orders-db-rw': await pair(databases, databaseRole(app, 'read-write')),
    },
    configMaps: {
      'orders/orders-trust': { 'roots.pem': orders.roots },
      'orders/jobs-trust': { 'roots.pem': jobs.authority.roots },
      'orders/orders-db-trust': { 'roots.pem': databases.roots },
    },
    services: { 'jobs/jobs:8443': jobs.service.port, 'orders/orders-db-rw:5432': at.port },
  });
  vi.stubEnv('PLINTH_STATE', cluster.state);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await cluster?.stop();
  await jobs?.service.stop();
});

it('npm run dev runs orders here with its database and jobs under their cluster names, and leaves nothing behind', async () => {
  const stop = new AbortController();
  const [port, plain] = [await freePort(), await freePort()];
  const said: string[] = [];
  const ended = dev({
    ...{ root, environment: 'dev', app: 'orders', flags: [], signal: stop.signal },
    variables: {
      ...{ PORT: `${port}`, HTTP_PORT: `${plain}` },
      ...{ PGDATABASE: databaseName(app), PGUSER: databaseRole(app, 'read-write') },
    },
    print: (text) => said.push(text),
  });
  // Awaited below; until then a failure is no one's.
  ended.catch(() => {});
  try {
    const me = await identity(orders, 'person:me');
    await eventually(
      () =>
        fetch(`http://127.0.0.1:${plain}/readyz`).then(
          ({ ok }) => ok || undefined,
          () => undefined,
        ),
      45,
    );
    const client = connect(OrdersServiceClient, `localhost:${port}`, me);
    const { order } = await ask(client, client.placeOrder, {
      customer: 'Ada',
      lines: [{ sku: 'plinth-1', quantity: 1, unitPrice: 1250 }],
      idempotencyKey: '',
    });
    await eventually(async () => {
      const { order: now } = await ask(client, client.getOrder, { id: order?.id ?? '' });
      return now?.state === OrderState.ORDER_STATE_CONFIRMED || undefined;
    });
    client.close();
    const [folder = ''] = folders();
    expect(statSync(join(tmpdir(), folder)).mode & 0o777).toBe(0o700);
    expect(statSync(join(tmpdir(), folder, 'identity/server/tls.key')).mode & 0o777).toBe(0o600);
    expect(cluster.open.size).toBeGreaterThan(0);
  } finally {
    stop.abort();
  }
  expect(await ended).toBe(130);
  expect(folders()).toEqual([]);
  await eventually(() => cluster.open.size === 0 || undefined);
  expect(said.join('')).toContain(
    'reaches: jobs.jobs.svc.cluster.local:8443, orders-db-rw.orders.svc.cluster.local:5432',
  );
});

it('npm run dev reports a missing object of the cluster with a remedy, and leaves no folder behind', async () => {
  const started = dev({
    ...{ root, environment: 'dev', app: 'jobs', flags: [], variables: {} },
    ...{ signal: new AbortController().signal, print: () => {} },
  });
  await expect(started).rejects.toMatchObject({
    message: expect.stringMatching(/has no Secret jobs\/\S+, which the manifests of this checkout mount/),
    next: 'Deploy the app first: npm run deploy -- jobs',
  });
  expect(folders()).toEqual([]);
});
