import { InvalidArgumentError } from 'commander';
import type { OrderLine } from '../../apps/kit/generated/orders.ts';

/** Parses one line of an order and appends it to the lines parsed before. */
export function parseOrderLine(text: string, before: OrderLine[] = []): OrderLine[] {
  const [, sku = '', quantity, unitPrice] = /^(.+):(\d+):(\d+)$/.exec(text) ?? [];
  if (sku === '') throw new InvalidArgumentError('a line is SKU:QUANTITY:CENTS, such as plinth-1:2:1250.');
  return [...before, { sku, quantity: Number(quantity), unitPrice: Number(unitPrice) }];
}
