import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../apps/kit/client.ts';
import { type Order, OrderState, OrdersServiceClient } from '../../apps/kit/generated/orders.ts';
import { connect, eventually, identity, type Running, runJobs, runOrders } from './world.ts';

let jobs: Running;
let orders: Awaited<ReturnType<typeof runOrders>>;
let client: OrdersServiceClient;

const lines = [
  { sku: 'plinth-1', quantity: 2, unitPrice: 1250 },
  { sku: 'column-3', quantity: 1, unitPrice: 9900 },
];

beforeAll(async () => {
  jobs = await runJobs('jobs-of-orders', ['orders']);
  orders = await runOrders('orders', ['home', 'person:me'], jobs);
  client = connect(OrdersServiceClient, orders.address, await identity(orders.authority, 'home'));
});

afterAll(async () => {
  client?.close();
  await orders?.service.stop();
  await jobs?.service.stop();
});

describe('an order', () => {
  it('is stored, found and confirmed by a job', async () => {
    const { order } = await ask(client, client.placeOrder, { customer: 'Ada', lines, idempotencyKey: '' });
    expect(order).toMatchObject({
      customer: 'Ada',
      total: 12_400,
      lines,
      state: OrderState.ORDER_STATE_PLACED,
    });
    const id = order?.id ?? '';
    const confirmed = await eventually(async () => {
      const { order } = await ask(client, client.getOrder, { id });
      return order?.state === OrderState.ORDER_STATE_CONFIRMED ? order : undefined;
    });
    expect(confirmed.confirmedAt?.getTime()).toBeGreaterThanOrEqual(
      confirmed.placedAt?.getTime() ?? Infinity,
    );
  });

  it('is placed once per idempotency key, also by concurrent requests', async () => {
    const request = { customer: 'Ada', lines, idempotencyKey: 'key-1' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(client, client.placeOrder, request)),
    );
    expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
  });

  it('is listed newest first, page by page, each once', async () => {
    for (let n = 0; n < 7; n++) {
      await ask(client, client.placeOrder, { customer: 'Grace', lines, idempotencyKey: `grace-${n}` });
    }
    const found: Order[] = [];
    let pageToken = '';
    do {
      const page = await ask(client, client.listOrders, { customer: 'Grace', pageSize: 3, pageToken });
      expect(page.orders.length).toBeLessThanOrEqual(3);
      found.push(...page.orders);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(new Set(found.map(({ id }) => id)).size).toBe(7);
    const times = found.map(({ placedAt }) => placedAt?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it.each([
    ['no customer', { customer: ' ', lines, idempotencyKey: '' }, 'customer'],
    ['no lines', { customer: 'Ada', lines: [], idempotencyKey: '' }, 'lines'],
    [
      'a quantity of 0',
      { customer: 'Ada', lines: [{ sku: 'a', quantity: 0, unitPrice: 1 }], idempotencyKey: '' },
      'lines.0.quantity',
    ],
  ])('with %s is refused with the place of the fault', async (_what, request, where) => {
    await expect(ask(client, client.placeOrder, request)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining(where),
    });
  });

  it('with an unknown id is not found', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    await expect(ask(client, client.getOrder, { id })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});
