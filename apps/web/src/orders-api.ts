import { type OrdersApi, ordersRoutes } from '../../kit/generated/orders-rest.ts';
import { restClient } from '../../kit/rest-client.ts';
import { revalidate } from './revalidation.ts';

const base = '/api/orders';

/** The API of orders, at the path that nginx passes on. */
export const orders = restClient<OrdersApi>({ routes: ordersRoutes, base, revalidate });

/** Address of the events, each of which has an order as `getOrder` answers it. */
export const orderEvents = `${base}/v1/order-events`;
export type OrderEvent = OrdersApi['getOrder']['answer'];
export type Order = OrderEvent['order'];
export type OrderPage = OrdersApi['listOrders']['answer'];
export type NewOrder = Omit<OrdersApi['placeOrder']['request'], 'idempotencyKey'>;
