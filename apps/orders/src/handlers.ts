import type { OrdersServiceServer } from '../../kit/generated/orders.ts';
import { log } from '../../kit/log.ts';
import { checked } from '../../kit/refusal.ts';
import { unary } from '../../kit/unary.ts';
import type { Confirmations } from './confirmations.ts';
import type { OrderStore } from './order-store.ts';
import { listOrders, orderId, placeOrder } from './schemas.ts';

/** Implements the contract. */
export function handlers(
  store: OrderStore,
  confirmations: Pick<Confirmations, 'request'>,
): OrdersServiceServer {
  return {
    placeOrder: unary(async (request, { signal }) => {
      const order = await store.place(checked(placeOrder, request), signal);
      log.info('order placed', { order: order.id, lines: order.lines.length });
      // The order is stored even if the queue does not answer; the job is enqueued later.
      void confirmations.request(order.id);
      return { order };
    }),
    getOrder: unary(async (request, { signal }) => ({
      order: await store.get(checked(orderId, request.id), signal),
    })),
    listOrders: unary(async (request, { signal }) => store.list(checked(listOrders, request), signal)),
  };
}
