import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask } from '../../apps/kit/client.ts';
import { JobsServiceClient } from '../../apps/kit/generated/jobs.ts';
import { OrderState, OrdersServiceClient } from '../../apps/kit/generated/orders.ts';
import { startOrders } from '../../apps/orders/src/orders.ts';
import { asSuperuser, Postgres } from './postgres.ts';
import {
  connect,
  databaseAuthority,
  eventually,
  identity,
  type Running,
  runJobs,
  runOrders,
  startJobsOn,
} from './world.ts';

let jobs: Running;
let orders: Awaited<ReturnType<typeof runOrders>>;
let home = '';

const lines = [{ sku: 'a', quantity: 1, unitPrice: 1 }];
const list = { customer: '', pageSize: 1, pageToken: '' };

beforeAll(async () => {
  jobs = await runJobs('jobs-of-failure', ['orders']);
  orders = await runOrders('orders-failure', ['home'], jobs);
  home = await identity(orders.authority, 'home');
});

afterAll(async () => {
  await orders?.service.stop();
  await jobs?.service.stop();
});

/** Locks the table so that readers wait; `released` resolves when it is unlocked. */
async function hold(seconds: number): Promise<{ released: Promise<unknown> }> {
  const released = asSuperuser(
    inject('postgres'),
    'orders_failure',
    `do $$ begin lock table orders in access exclusive mode; perform pg_sleep(${seconds}); end $$`,
  );
  await eventually(async () => {
    const [row] = await asSuperuser(
      inject('postgres'),
      'orders_failure',
      `select 1 from pg_locks where relation = 'orders'::regclass and mode = 'AccessExclusiveLock' and granted`,
    );
    return row && true;
  });
  return { released };
}

describe('a call', () => {
  it('ends at its deadline, and the service continues', async () => {
    const client = connect(OrdersServiceClient, orders.address, home);
    const { released } = await hold(1.5);
    const began = Date.now();
    await expect(ask(client, client.listOrders, list, 400)).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    expect(Date.now() - began).toBeLessThan(1_400);
    await released;
    await expect(ask(client, client.listOrders, list)).resolves.toBeDefined();
    client.close();
  });

  it('that runs when the service stops gets its answer, and new ones are refused', async () => {
    const service = await startOrders({ env: orders.env, ports: { mutual: 0, plain: 0 } });
    const client = connect(OrdersServiceClient, `localhost:${service.port}`, home, {
      'grpc.service_config': '{}',
    });
    await ask(client, client.listOrders, list);
    const { released } = await hold(1.5);
    const running = Array.from({ length: 5 }, () => ask(client, client.listOrders, list));
    await new Promise((done) => setTimeout(done, 200));
    const stopped = service.stop();
    const late = connect(OrdersServiceClient, `localhost:${service.port}`, home, {
      'grpc.service_config': '{}',
    });
    await expect(ask(late, late.listOrders, list, 10_000)).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    const answers = await Promise.all(running);
    expect(answers).toHaveLength(5);
    await Promise.all([stopped, released]);
    client.close();
    late.close();
  });
});

describe('the database', () => {
  it('loses no confirmed order if it drops every connection under load', async () => {
    const client = connect(OrdersServiceClient, orders.address, home);
    let running = true;
    const answered: string[] = [];
    let failed = 0;
    const placing = Array.from({ length: 4 }, async (_, worker) => {
      for (let n = 0; running; n++) {
        const request = { customer: 'Load', lines, idempotencyKey: `load-${worker}-${n}` };
        try {
          const { order } = await ask(client, client.placeOrder, request);
          answered.push(order?.id ?? '');
        } catch {
          failed++;
        }
      }
    });
    for (let round = 0; round < 3; round++) {
      const so = answered.length;
      await eventually(() => (answered.length > so + 5 ? true : undefined));
      await asSuperuser(
        inject('postgres'),
        'postgres',
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'orders_failure' and pid <> pg_backend_pid()`,
      );
    }
    const so = answered.length;
    await eventually(() => (answered.length > so + 5 ? true : undefined));
    running = false;
    await Promise.all(placing);
    client.close();
    const kept = await asSuperuser(
      inject('postgres'),
      'orders_failure',
      `select count(*)::int as count from orders where id = any(array['${answered.join("','")}']::uuid[])`,
    );
    console.log(`connections dropped 3 times: ${answered.length} orders answered, ${failed} refused`);
    expect(new Set(answered).size).toBe(answered.length);
    expect(kept).toEqual([{ count: answered.length }]);
    // Tried again with the same key, each of them came through.
    expect(failed).toBe(0);
  });
});

describe('a database that is killed and comes back', () => {
  const once = { 'grpc.service_config': '{}' }; // nothing is tried again on this side

  /** Kills a database under a load of calls that make something, and brings it back; the ids that were answered. */
  async function killUnderLoad(
    postgres: Postgres,
    { service }: Running,
    make: () => Promise<string>,
    look: (milliseconds: number) => Promise<unknown>,
  ): Promise<string[]> {
    const ready = async () => (await fetch(`http://localhost:${service.plainPort}/readyz`)).status;
    const begun: Promise<string>[] = [];
    const load = setInterval(() => begun.push(make().catch(String)), 20);
    try {
      await eventually(() => (begun.length > 20 ? true : undefined));
      await postgres.kill();
      // A caller without time to wait gets an error, and the service stays reachable.
      await expect(look(300)).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
      expect(await ready()).toBe(200);
      await postgres.run();
      const so = begun.length;
      await eventually(() => (begun.length > so + 20 ? true : undefined));
    } finally {
      clearInterval(load);
    }
    return Promise.all(begun);
  }

  it('fails no call with a long deadline, and loses no confirmed order', async () => {
    const postgres = await Postgres.start(await databaseAuthority(), { fsync: 'on' });
    const killed = await runOrders('orders-killed', ['home'], jobs, postgres);
    const folder = await identity(killed.authority, 'home');
    const client = connect(OrdersServiceClient, killed.address, folder, once);
    const order = { customer: 'Load', lines, idempotencyKey: '' };
    try {
      const answers = await killUnderLoad(
        postgres,
        killed,
        async () => (await ask(client, client.placeOrder, order, 30_000)).order?.id ?? 'none',
        (milliseconds) => ask(client, client.listOrders, list, milliseconds),
      );
      const rows = await postgres.asSuperuser('orders_killed', 'select id from orders');
      console.log(`database killed: ${answers.length} calls, ${rows.length} orders`);
      // Sent twice or not, each is one order.
      expect(answers.sort()).toEqual(rows.map(({ id }) => id).sort());
    } finally {
      client.close();
      await killed.service.stop();
      await postgres.stop();
    }
  });

  it('loses no enqueued job, and duplicates none', async () => {
    const postgres = await Postgres.start(await databaseAuthority(), { fsync: 'on' });
    const killed = await runJobs('jobs-killed', ['shop'], postgres);
    const client = connect(JobsServiceClient, killed.address, await identity(killed.authority, 'shop'), once);
    const job = { payload: {}, idempotencyKey: '', priority: 0, runAt: undefined, retry: undefined };
    let duplicates = 0;
    try {
      const answers = await killUnderLoad(
        postgres,
        killed,
        async () => {
          const { id, duplicate } = await ask(client, client.enqueue, { queue: 'shop', ...job }, 30_000);
          if (duplicate) duplicates++;
          return id;
        },
        (milliseconds) => ask(client, client.listQueues, {}, milliseconds),
      );
      const rows = await postgres.asSuperuser('jobs_killed', "select id from pgboss.job where name = 'shop'");
      console.log(`database killed: ${answers.length} calls, ${rows.length} jobs`);
      expect(answers.sort()).toEqual(rows.map(({ id }) => id).sort());
      expect(duplicates).toBe(0);
      // A queue that nobody named before is made while the database is away, too.
      await postgres.kill();
      const first = ask(client, client.enqueue, { queue: 'shop.new', ...job }, 30_000);
      const listed = ask(
        client,
        client.listJobs,
        { queue: 'shop', state: 0, pageSize: 1, pageToken: '' },
        30_000,
      );
      await postgres.run();
      expect((await listed).jobs).toHaveLength(1);
      const { id } = await first;
      const cancelled = await ask(client, client.cancelJob, { queue: 'shop.new', id });
      expect(cancelled.job?.id).toBe(id);
    } finally {
      client.close();
      await killed.service.stop();
      await postgres.stop();
    }
  });
});

describe('a database whose certificate is not valid yet by our clock', () => {
  it('fails no call with a long deadline', async () => {
    const authority = await databaseAuthority();
    const postgres = await Postgres.start(authority);
    const behind = await runOrders('orders-behind', ['home'], jobs, postgres);
    const client = connect(OrdersServiceClient, behind.address, await identity(behind.authority, 'home'));
    try {
      await ask(client, client.listOrders, list);
      await postgres.serveWith(authority, 2);
      await postgres.asSuperuser(
        'postgres',
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'orders_behind'`,
      );
      const began = Date.now();
      await expect(ask(client, client.listOrders, list, 10_000)).resolves.toBeDefined();
      expect(Date.now() - began).toBeGreaterThan(500);
    } finally {
      client.close();
      await behind.service.stop();
      await postgres.stop();
    }
  });
});

describe('the queue', () => {
  it('does not block orders while it is away, and confirms them when it is back', async () => {
    const client = connect(OrdersServiceClient, orders.address, home);
    const { port } = jobs.service;
    await jobs.service.stop();
    const { order } = await ask(client, client.placeOrder, { customer: 'Ada', lines, idempotencyKey: '' });
    const id = order?.id ?? '';
    expect(order?.state).toBe(OrderState.ORDER_STATE_PLACED);
    jobs = await startJobsOn('jobs-of-failure', ['orders'], jobs.authority, { port });
    await eventually(async () => {
      const { order } = await ask(client, client.getOrder, { id });
      return order?.state === OrderState.ORDER_STATE_CONFIRMED ? true : undefined;
    }, 25);
    client.close();
  });
});
