import { z } from 'zod';
import { pageToken } from '../../kit/page-token.ts';
import { storedText } from '../../kit/stored-text.ts';

const time = z.iso.datetime();

export const orderId = z.uuid().describe('Id of the order.');

const sku = storedText.trim().min(1).max(100);
const quantity = z.int().min(1).max(1000);
const unitPrice = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
  .describe('In cents.');

/** Sizes and ranges of a request, as documented in the contract. */
export const placeOrder = z.strictObject({
  customer: storedText.trim().min(1).max(200),
  lines: z.array(z.strictObject({ sku, quantity, unitPrice })).min(1).max(100),
  idempotencyKey: storedText
    .max(200)
    .default('')
    .describe(
      'A request that is sent again with the same key gives the same order. Default: a new order each time.',
    ),
});
export type NewOrder = z.output<typeof placeOrder>;

export const listOrders = z.strictObject({
  customer: storedText.max(200).default('').describe('Default: every customer.'),
  // Of a query it is a text, of gRPC a number, and 0 where there is none.
  pageSize: z.coerce
    .number()
    .int()
    .min(0)
    .max(200)
    .default(0)
    .transform((size) => size || 50)
    .describe('At most 200. Default: 50.'),
  pageToken: z
    .literal('')
    .or(pageToken)
    .default('')
    .describe('`nextPageToken` of the page before. Default: the first page.'),
});
export type ListedOrders = z.output<typeof listOrders>;

export const order = z.object({
  id: orderId,
  customer: z.string(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int(), unitPrice: z.int().describe('In cents.') })),
  total: z.int().describe('In cents.'),
  state: z.enum(['ORDER_STATE_PLACED', 'ORDER_STATE_CONFIRMED']),
  placedAt: time,
  confirmedAt: time.nullable().describe('Null: not yet.'),
});
export type StoredOrder = z.output<typeof order>;

/** Payload of the confirmation job. */
export const confirmation = z.object({ order: orderId });
