import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask } from '../../apps/kit/client.ts';
import { Database, databaseAccess } from '../../apps/kit/database.ts';
import { OrdersServiceClient } from '../../apps/kit/generated/orders.ts';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { databaseRole } from '../../model/schema/database.ts';
import { TestAuthority } from './authority.ts';
import { scratch, writeIdentity } from './identity-folder.ts';
import { asSuperuser } from './postgres.ts';
import {
  connect,
  databaseAuthority,
  eventually,
  identity,
  loginAs,
  type Running,
  runJobs,
  runOrders,
} from './world.ts';

let jobs: Running;
let orders: Awaited<ReturnType<typeof runOrders>>;

beforeAll(async () => {
  jobs = await runJobs('jobs-of-renewal', ['orders']);
  orders = await runOrders('orders-renewal', ['home'], jobs);
});

afterAll(async () => {
  await orders?.service.stop();
  await jobs?.service.stop();
});

/** Calls without a pause by several clients until it is stopped; some of them make a new connection for each call. */
function load(folder: string) {
  const outcomes = { ok: 0, failed: [] as string[] };
  let running = true;
  const clients = Array.from({ length: 3 }, () => connect(OrdersServiceClient, orders.address, folder));
  const calls = clients.map(async (client, n) => {
    while (running) {
      // The last of them presents its certificate on each connection.
      const one =
        n === 2
          ? connect(OrdersServiceClient, orders.address, folder, { 'grpc.use_local_subchannel_pool': 1 })
          : client;
      try {
        await ask(one, one.listOrders, { customer: '', pageSize: 1, pageToken: '' });
        outcomes.ok++;
      } catch (error) {
        outcomes.failed.push(String(error));
      }
      if (one !== client) one.close();
    }
  });
  return {
    /** Until some more calls have ended, and the files were looked at: those that changed before count for later calls. */
    more: async () => {
      await new Promise((done) => setTimeout(done, 300));
      const so = outcomes.ok + outcomes.failed.length;
      await eventually(() => (outcomes.ok + outcomes.failed.length > so + 6 ? true : undefined));
    },
    stop: async () => {
      running = false;
      await Promise.all(calls);
      for (const client of clients) client.close();
      return outcomes;
    },
  };
}

describe('under load', () => {
  it('renewals of server, client and database certificates lose no request', async () => {
    const client = await identity(orders.authority, 'home');
    const running = load(client);
    const databaseFolder = orders.env.PGSSLCERT?.replace('/tls.crt', '') ?? '';
    for (let round = 0; round < 3; round++) {
      await running.more();
      writeIdentity(
        orders.folder,
        await orders.authority.issue({ commonName: 'orders', dnsNames: ['localhost'] }),
        orders.authority.roots,
      );
      writeIdentity(client, await orders.authority.issue({ commonName: 'home' }), orders.authority.roots);
      const database = await databaseAuthority();
      const commonName = databaseRole('orders-renewal', 'read-write');
      writeIdentity(databaseFolder, await database.issue({ commonName }), database.roots);
    }
    await running.more();
    const { ok, failed } = await running.stop();
    console.log(`renewal under load: ${ok} requests, ${failed.length} failed`);
    expect(failed).toEqual([]);
    expect(ok).toBeGreaterThan(20);
  });

  it('a rotation of the authority through trust in both roots loses no request', async () => {
    const client = await identity(orders.authority, 'home');
    const running = load(client);
    const next = await TestAuthority.make('orders 2');
    const both = orders.authority.roots + next.roots;
    const server = { commonName: 'orders', dnsNames: ['localhost'] };
    // Both sides trust both; then both have new certificates; then the old root goes.
    writeIdentity(client, await orders.authority.issue({ commonName: 'home' }), both);
    writeIdentity(orders.folder, await orders.authority.issue(server), both);
    await running.more();
    writeIdentity(orders.folder, await next.issue(server), both);
    await running.more();
    writeIdentity(client, await next.issue({ commonName: 'home' }), both);
    await running.more();
    writeIdentity(orders.folder, await next.issue(server), next.roots);
    writeIdentity(client, await next.issue({ commonName: 'home' }), next.roots);
    await running.more();
    const { ok, failed } = await running.stop();
    console.log(`rotation under load: ${ok} requests, ${failed.length} failed`);
    expect(failed).toEqual([]);
    expect(ok).toBeGreaterThan(20);

    // And the old one is out.
    const old = scratch();
    writeIdentity(old, await orders.authority.issue({ commonName: 'home' }), next.roots);
    const refused = connect(OrdersServiceClient, orders.address, old, { 'grpc.service_config': '{}' });
    await expect(
      ask(refused, refused.listOrders, { customer: '', pageSize: 1, pageToken: '' }),
    ).rejects.toMatchObject({ code: status.UNAVAILABLE });
    refused.close();
  });
});

describe('an identity', () => {
  it('is kept while the renewed key does not match its certificate', async () => {
    const authority = await TestAuthority.make('pairs');
    const folder = await identity(authority, 'one');
    const read = new IdentityFolder(folder);
    const before = read.current.cert;
    const [one, other] = [
      await authority.issue({ commonName: 'one' }),
      await authority.issue({ commonName: 'one' }),
    ];
    writeIdentity(folder, { cert: one.cert, key: other.key }, authority.roots);
    await new Promise((done) => setTimeout(done, 400));
    expect(read.current.cert).toBe(before);
    writeIdentity(folder, other, authority.roots);
    await eventually(() => (read.current.cert === other.cert ? true : undefined), 5);
    read.close();
  });

  it('is used some seconds after it was issued, for clocks that are behind; roots at once', async () => {
    const [authority, next] = [await TestAuthority.make('old'), await TestAuthority.make('next')];
    const folder = await identity(authority, 'one');
    const read = new IdentityFolder(folder);
    const before = read.current.cert;
    const young = await authority.issue({ commonName: 'one', startsIn: -8 });
    writeIdentity(folder, young, authority.roots + next.roots);
    await eventually(() => (read.current.roots.includes(next.roots) ? true : undefined), 5);
    expect(read.current.cert).toBe(before);
    await eventually(() => (read.current.cert === young.cert ? true : undefined), 5);
    // If the old one is no longer trusted, nothing has to be awaited.
    const other = await next.issue({ commonName: 'one', startsIn: 0 });
    writeIdentity(folder, other, next.roots);
    await eventually(() => (read.current.cert === other.cert ? true : undefined), 1);
    read.close();
  });

  it('that is missing prevents the start of a process', () => {
    expect(() => new IdentityFolder(scratch())).toThrow('tls.crt');
  });
});

describe('the connection pool', () => {
  it('uses a renewed certificate from the next connection on', async () => {
    const env = await loginAs('orders-renewal', 'read-write');
    const database = new Database(databaseAccess('renewal', env));
    const serial = async () => {
      const [row] = await database.query<{ serial: string }>(
        'serial',
        'select client_serial::text as serial from pg_stat_ssl where pid = pg_backend_pid()',
      );
      return row?.serial;
    };
    const before = await serial();
    const authority = await databaseAuthority();
    const commonName = databaseRole('orders-renewal', 'read-write');
    const folder = env.PGSSLCERT?.replace('/tls.crt', '') ?? '';
    writeIdentity(folder, await authority.issue({ commonName }), authority.roots);
    expect(await serial()).toBe(before); // the connection that is open goes on
    await new Promise((done) => setTimeout(done, 400));
    await asSuperuser(
      inject('postgres'),
      'postgres',
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'renewal'`,
    );
    const after = await eventually(() => serial().catch(() => undefined), 5);
    expect(after).not.toBe(before);
    await database.close();
  });

  it.each([
    ['a role that may only read cannot write', 'read-only', /permission denied/],
    ['a role that may write cannot change tables', 'read-write', /must be owner|permission denied/],
  ] as const)('%s', async (_what, access, message) => {
    const database = new Database(databaseAccess('rights', await loginAs('orders-renewal', access)));
    const statement =
      access === 'read-only'
        ? `insert into orders (customer, total) values ('x', 1)`
        : 'alter table orders add x int';
    await expect(database.query('forbidden', statement)).rejects.toThrow(message);
    await expect(database.query('allowed', 'select count(*) from orders')).resolves.toHaveLength(1);
    await database.close();
  });

  it.each([
    ["another role's certificate", 'orders_renewal_ro', undefined, /certificate authentication failed/],
    ['the right name from another authority', 'orders_renewal_rw', 'stranger', /unknown ca|certificate/],
  ])('is refused by the database with %s', async (_what, commonName, other, message) => {
    const env = await loginAs('orders-renewal', 'read-write');
    const roots = (await databaseAuthority()).roots;
    const from = other === undefined ? await databaseAuthority() : await TestAuthority.make(other);
    writeIdentity(env.PGSSLCERT?.replace('/tls.crt', '') ?? '', await from.issue({ commonName }), roots);
    const database = new Database(databaseAccess('refused', env));
    await expect(database.query('refused', 'select 1')).rejects.toThrow(message);
    await database.close();
  });

  it.each(['disable', 'require', 'verify-ca'])(
    'refuses an sslmode that does not verify the server: %s',
    async (PGSSLMODE) => {
      const env = { ...(await loginAs('orders-renewal', 'read-write')), PGSSLMODE };
      expect(() => databaseAccess('weak', env)).toThrow('verify-full');
    },
  );
});
