import { Entry } from '../components/entry.tsx';
import { Paged } from '../components/loaded.tsx';
import { Moment } from '../components/moment.tsx';
import { OrderLines } from '../components/order-lines.tsx';
import { Page } from '../components/page.tsx';
import { TextEntry } from '../components/text-entry.tsx';
import { useLiveOrders, useOrders, usePlaceOrder } from '../controllers/orders.ts';
import { orderInput } from '../order-input.ts';
import type { Order } from '../orders-api.ts';

/** Orders of the organisation for which the person acts, or the person's own. */
export function OrdersPage() {
  const pages = useOrders();
  const place = usePlaceOrder();
  const isLive = useLiveOrders();
  return (
    <Page title="Orders">
      <p className="hint" role="status">
        {isLive ? 'Changes are shown as they happen.' : 'Connecting: changes are not shown until then.'}
      </p>
      <Paged pages={pages} items={(page) => page.orders} none="Nothing was ordered yet.">
        {(all) => (
          <ul className="rows" aria-label="Orders">
            {all.map((order) => (
              <OrderRow key={order.id} order={order} />
            ))}
          </ul>
        )}
      </Paged>
      <h2>New order</h2>
      <Entry
        label="New order"
        schema={orderInput}
        send={place.mutateAsync}
        action="Place the order"
        done="The order was placed. It is confirmed in a moment."
      >
        <TextEntry name="customer" label="Customer" autoComplete="off" />
        <OrderLines />
      </Entry>
    </Page>
  );
}

const states = { ORDER_STATE_PLACED: 'Placed', ORDER_STATE_CONFIRMED: 'Confirmed' } as const;

function OrderRow({ order: { customer, lines, total, state, placedAt } }: { order: Order }) {
  return (
    <li>
      <strong>{customer}</strong> <span>{money(total)}</span> <span>{states[state]}</span>
      <p className="hint">
        <Moment at={placedAt} />: {lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')}
      </p>
    </li>
  );
}

function money(cents: number): string {
  return (cents / 100).toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
