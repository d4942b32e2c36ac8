import { randomUUID } from 'node:crypto';
import { ask } from '../../apps/kit/client.ts';
import { type Order, type OrderLine, OrdersServiceClient } from '../../apps/kit/generated/orders.ts';
import { call } from '../call/call-service.ts';
import type { CallOptions } from '../call/connection.ts';
import { orderText } from './text.ts';

/** Options of every call. */
export type OrdersOptions = CallOptions & { json?: boolean };

/** Places an order; without `key` each call places a new one. */
export function placeOrder(
  customer: string,
  lines: OrderLine[],
  options: OrdersOptions & { key?: string },
): Promise<void> {
  const idempotencyKey = options.key ?? randomUUID();
  return callForOrder(
    options,
    async (client) => (await ask(client, client.placeOrder, { customer, lines, idempotencyKey })).order,
  );
}

export function getOrder(id: string, options: OrdersOptions): Promise<void> {
  return callForOrder(options, async (client) => (await ask(client, client.getOrder, { id })).order);
}

export function listOrders(options: OrdersOptions & { customer: string; limit: number }): Promise<void> {
  const { customer, limit: pageSize } = options;
  return call(
    'orders',
    OrdersServiceClient,
    options,
    async (client) => (await ask(client, client.listOrders, { customer, pageSize, pageToken: '' })).orders,
    orderText,
  );
}

function callForOrder(
  options: OrdersOptions,
  work: (client: OrdersServiceClient) => Promise<Order | undefined>,
): Promise<void> {
  return call('orders', OrdersServiceClient, options, work, (order) => orderText(order ? [order] : []));
}
