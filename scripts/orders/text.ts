import { type Order, OrderState } from '../../apps/kit/generated/orders.ts';
import { table } from '../cli/table.ts';

export function orderText(orders: readonly Order[]): string[] {
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
