import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { eventStream } from '../event-stream.ts';
import {
  type NewOrder,
  type Order,
  type OrderEvent,
  type OrderPage,
  orderEvents,
  orders,
} from '../orders-api.ts';
import { useChange, usePages } from './change.ts';

const all = ['orders'];

export function useOrders() {
  return usePages(all, (pageToken, signal) => orders.listOrders({ pageToken }, signal));
}

/**
 * Places an order. The same order that is sent again, because nobody knows whether the first request arrived, has the same key, so that
 * it is placed once.
 */
export function usePlaceOrder() {
  const last = useRef({ text: '', idempotencyKey: '' });
  return useChange(async (input: NewOrder) => {
    const text = JSON.stringify(input);
    if (last.current.text !== text) last.current = { text, idempotencyKey: crypto.randomUUID() };
    const { idempotencyKey } = last.current;
    const placed = await orders.placeOrder({ ...input, idempotencyKey });
    last.current = { text: '', idempotencyKey: '' };
    return placed;
  }, all);
}

/** Shows each change of an order at once while the component is shown. Whether it does so now. */
export function useLiveOrders(): boolean {
  const client = useQueryClient();
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    const list = () => client.invalidateQueries({ queryKey: all });
    let isOvertaken = false;
    const stop = client.getQueryCache().subscribe(() => {
      if (!isOvertaken || client.isFetching({ queryKey: all }) > 0) return;
      isOvertaken = false;
      void list();
    });
    const close = eventStream({
      address: orderEvents,
      opened: () => {
        setLive(true);
        void list();
      },
      heard: (data) => {
        const { order }: OrderEvent = JSON.parse(data);
        // A list that was read before the event can arrive after it: then another one is needed.
        isOvertaken ||= client.isFetching({ queryKey: all }) > 0;
        client.setQueryData<InfiniteData<OrderPage>>(all, (pages) => pages && withOrder(pages, order));
      },
      closed: () => setLive(false),
      recover: list,
    });
    return () => {
      stop();
      close();
    };
  }, [client]);
  return isLive;
}

/** The pages with an order as it is now; a new one stands first. */
export function withOrder<Pages extends Pick<InfiniteData<OrderPage>, 'pages'>>(
  data: Pages,
  order: Order,
): Pages {
  const isShown = data.pages.some((page) => page.orders.some(({ id }) => id === order.id));
  const pages = data.pages.map((page, i) => ({
    ...page,
    orders: isShown
      ? page.orders.map((each) => (each.id === order.id ? newer(each, order) : each))
      : i === 0
        ? [order, ...page.orders]
        : page.orders,
  }));
  return { ...data, pages };
}

/** An event can come after a list that was asked for later: what is confirmed stays so. */
function newer(shown: Order, heard: Order): Order {
  return shown.state === 'ORDER_STATE_CONFIRMED' ? shown : heard;
}
