import { z } from 'zod';
import { pageToken } from '../../kit/page-token.ts';
import { storedText } from '../../kit/stored-text.ts';

/** Sizes and ranges of a request, as documented in the contract. */
export const placeOrder = z.object({
  customer: storedText.trim().min(1).max(200),
  lines: z
    .array(
      z.object({
        sku: storedText.trim().min(1).max(100),
        quantity: z.int().min(1).max(1000),
        unitPrice: z.int().min(0),
      }),
    )
    .min(1)
    .max(100),
  idempotencyKey: storedText.max(200),
});
export type NewOrder = z.output<typeof placeOrder>;

export const orderId = z.uuid();

export const listOrders = z.object({
  customer: storedText.max(200),
  pageSize: z
    .int()
    .min(0)
    .max(200)
    .transform((size) => size || 50),
  pageToken: z
    .literal('')
    .transform(() => undefined)
    .or(pageToken),
});
export type ListedOrders = z.output<typeof listOrders>;

/** Payload of the confirmation job. */
export const confirmation = z.object({ order: orderId });
