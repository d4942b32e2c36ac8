import * as messages from '../../kit/generated/orders.ts';
import { serverStream } from '../../kit/server-stream.ts';
import { unary } from '../../kit/unary.ts';
import type { Orders } from './perform.ts';

/** The gRPC face. */
export function grpcFace(orders: Orders): messages.OrdersServiceServer {
  const m = messages;
  return {
    placeOrder: unary(async (request, call) =>
      m.PlaceOrderResponse.fromJSON(await orders.perform('placeOrder', call, request)),
    ),
    getOrder: unary(async (request, call) =>
      m.GetOrderResponse.fromJSON(await orders.perform('getOrder', call, request)),
    ),
    listOrders: unary(async (request, call) =>
      m.ListOrdersResponse.fromJSON(await orders.perform('listOrders', call, request)),
    ),
    watchOrders: serverStream(async (_request, call) => asMessages(await orders.watch(call))),
  };
}

async function* asMessages(values: AsyncIterable<object>): AsyncGenerator<messages.WatchOrdersResponse> {
  for await (const value of values) yield messages.WatchOrdersResponse.fromJSON(value);
}
