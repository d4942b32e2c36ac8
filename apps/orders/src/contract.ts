import { z } from 'zod';
import type { Operation } from '../../kit/operation.ts';
import * as schemas from './schemas.ts';

const oneOrder = z.object({ order: schemas.order });

/** Every operation with one answer, by the name that gRPC, OpenAPI and the clients have for it. */
export const contract = {
  placeOrder: {
    method: 'post',
    path: '/v1/orders',
    summary: 'Keeps an order. It is confirmed a moment later, by a job.',
    input: schemas.placeOrder,
    answer: oneOrder,
  },
  getOrder: {
    method: 'get',
    path: '/v1/orders/{id}',
    summary: 'One order.',
    input: z.strictObject({ id: schemas.orderId }),
    answer: oneOrder,
  },
  listOrders: {
    method: 'get',
    path: '/v1/orders',
    summary: 'Orders, newest first.',
    input: schemas.listOrders,
    answer: z.object({
      orders: z.array(schemas.order),
      nextPageToken: z.string().describe('Empty on the last page.'),
    }),
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof contract;
/** What an operation takes, after the defaults. */
export type OperationInput<Id extends OperationId> = z.output<(typeof contract)[Id]['input']>;
export type OperationAnswer<Id extends OperationId> = z.output<(typeof contract)[Id]['answer']>;

/** The operation whose answer goes on. */
export const watchOrders = {
  method: 'get',
  path: '/v1/order-events',
  summary: 'Each order that is placed or changes from now on.',
  answer: oneOrder,
} as const;

/** Schemas of what stands in paths, by its name there. */
export const pathParameters = { id: schemas.orderId } as const;
