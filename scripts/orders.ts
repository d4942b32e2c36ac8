import { randomUUID } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import { ask } from '../apps/kit/client.ts';
import { type Order, type OrderLine, OrderState, OrdersServiceClient } from '../apps/kit/generated/orders.ts';
import type { CallOptions } from './call/connection.ts';
import { call, callOptions } from './call/run.ts';
import { npmCommand } from './cli/command.ts';
import { table } from './cli/table.ts';

type Given = CallOptions & { json?: boolean };

const program = npmCommand('orders').description('Places and reads orders, with a certificate of your own.');

callOptions(program.command('place'))
  .description('place an order; it is confirmed a moment later')
  .argument('<customer>')
  .argument('<lines...>', 'SKU:QUANTITY:CENTS, such as plinth-1:2:1250', lineFrom)
  .option('--key <text>', 'the same key gives the same order; default: a new one')
  .action((customer: string, lines: OrderLine[], options: Given & { key?: string }) =>
    call(
      'orders',
      OrdersServiceClient,
      options,
      async (client) =>
        (
          await ask(client, client.placeOrder, {
            customer,
            lines,
            idempotencyKey: options.key ?? randomUUID(),
          })
        ).order,
      (order) => orderText(order ? [order] : []),
    ),
  );

callOptions(program.command('get'))
  .description('one order')
  .argument('<id>')
  .action((id: string, options: Given) =>
    call(
      'orders',
      OrdersServiceClient,
      options,
      async (client) => (await ask(client, client.getOrder, { id })).order,
      (order) => orderText(order ? [order] : []),
    ),
  );

callOptions(program.command('list'))
  .description('the newest orders')
  .option('--customer <name>', 'of one customer', '')
  .option('--limit <number>', 'at most 200', Number, 20)
  .action((options: Given & { customer: string; limit: number }) =>
    call(
      'orders',
      OrdersServiceClient,
      options,
      async (client) => {
        const { customer, limit: pageSize } = options;
        return (await ask(client, client.listOrders, { customer, pageSize, pageToken: '' })).orders;
      },
      orderText,
    ),
  );

await program.parseAsync();

function orderText(orders: readonly Order[]): string[] {
  if (orders.length === 0) return ['no orders'];
  return table(
    ['ORDER', 'CUSTOMER', 'LINES', 'TOTAL', 'STATE', 'PLACED'],
    orders.map(({ id, customer, lines, total, state, placedAt }) => [
      id,
      customer,
      String(lines.length),
      (total / 100).toFixed(2),
      state === OrderState.ORDER_STATE_CONFIRMED ? 'confirmed' : 'placed',
      placedAt?.toISOString() ?? '',
    ]),
  );
}

function lineFrom(text: string, before: OrderLine[] = []): OrderLine[] {
  const [, sku = '', quantity, unitPrice] = /^(.+):(\d+):(\d+)$/.exec(text) ?? [];
  if (sku === '') throw new InvalidArgumentError('a line is SKU:QUANTITY:CENTS, such as plinth-1:2:1250.');
  return [...before, { sku, quantity: Number(quantity), unitPrice: Number(unitPrice) }];
}
