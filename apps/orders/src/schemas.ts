import { z } from 'zod';

/** What the contract says in words: sizes and ranges of a request. */
export const placeOrder = z.object({
  customer: z.string().trim().min(1).max(200),
  lines: z
    .array(
      z.object({
        sku: z.string().trim().min(1).max(100),
        quantity: z.int().min(1).max(1000),
        unitPrice: z.int().min(0),
      }),
    )
    .min(1)
    .max(100),
  idempotencyKey: z.string().max(200),
});
export type NewOrder = z.output<typeof placeOrder>;

export const orderId = z.uuid();

export const listOrders = z.object({
  customer: z.string().max(200),
  pageSize: z
    .int()
    .min(0)
    .max(200)
    .transform((size) => size || 50),
  pageToken: z.string().max(200),
});

/** Where a page ends: to the microsecond, as Postgres keeps time. */
export const cursor = z.tuple([z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), z.uuid()]);

/** What the confirmation's job carries. */
export const confirmation = z.object({ order: orderId });
