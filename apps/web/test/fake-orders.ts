import type { OrdersApi } from '../../kit/generated/orders-rest.ts';
import type { Order } from '../src/orders-api.ts';

const at = '2026-03-01T10:00:00.000Z';

export function order(id: string, more: Partial<Order> = {}): Order {
  return {
    ...{ id, customer: 'Bakery', lines: [{ sku: 'plinth-1', quantity: 2, unitPrice: 1250 }], total: 2500 },
    ...{ state: 'ORDER_STATE_PLACED', placedAt: at, confirmedAt: null, ...more },
  };
}

/** The API of orders in memory, with two pages. Its answers have the generated types. */
export class FakeOrders {
  orders: Order[] = [order('1f0e4c5a-0000-4000-8000-000000000001')];
  older: Order[] = [order('1f0e4c5a-0000-4000-8000-000000000002', { customer: 'Mill' })];
  /** Orders that were placed, by their key. */
  readonly byKey = new Map<string, Order>();

  readonly answers: {
    [Id in keyof OrdersApi]?: (request: OrdersApi[Id]['request']) => OrdersApi[Id]['answer'];
  } = {
    listOrders: ({ pageToken = '' }) =>
      pageToken === ''
        ? { orders: this.orders, nextPageToken: '2' }
        : { orders: this.older, nextPageToken: '' },
    placeOrder: ({ customer, lines, idempotencyKey = '' }) => {
      const placed =
        this.byKey.get(idempotencyKey) ??
        order(crypto.randomUUID(), {
          ...{ customer, lines },
          total: lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0),
        });
      if (!this.byKey.has(idempotencyKey)) this.orders = [placed, ...this.orders];
      this.byKey.set(idempotencyKey, placed);
      return { order: placed };
    },
  };
}
