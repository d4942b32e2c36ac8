// @vitest-environment happy-dom
import { act, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { withOrder } from '../src/controllers/orders.ts';
import { orderInput } from '../src/order-input.ts';
import { FakeAccounts, refusal } from './fake-accounts.ts';
import { FakeEventSource } from './fake-event-source.ts';
import { order } from './fake-orders.ts';
import { closed, opened } from './opened.tsx';

afterEach(closed);

const field = (name: string) => screen.getByRole('textbox', { name });
const place = () => screen.getByRole('button', { name: 'Place the order' });
const sent = ({ asked }: FakeAccounts) => asked.filter((line) => line.startsWith('POST /api/orders'));
const source = (): FakeEventSource => {
  const [only] = FakeEventSource.open;
  if (only === undefined) throw new Error('no stream is open');
  return only;
};

async function typed(api = new FakeAccounts()) {
  const shown = opened('/orders', api);
  await screen.findByText('Bakery');
  await shown.user.type(field('Customer'), 'Choir');
  await shown.user.type(field('Article'), 'column-3');
  await shown.user.type(field('Quantity'), '2');
  await shown.user.type(field('Price of one'), '12.50');
  return shown;
}

describe('the list of orders', () => {
  it('comes page by page, each order with its sum and state', async () => {
    const { user } = opened('/orders');
    await screen.findByText('Bakery');
    expect(screen.getByText(/^25[.,]00$/)).toBeTruthy();
    expect(screen.getByText('Placed')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    await screen.findByText('Mill');
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  it('shows the confirmation of an order, and a new order, as soon as the stream tells of them', async () => {
    const { api } = opened('/orders');
    await screen.findByText('Placed');
    act(() => source().connect());
    await screen.findByText('Changes are shown as they happen.');
    const [first] = api.orders.orders;
    act(() => source().send({ order: { ...first, state: 'ORDER_STATE_CONFIRMED' } }));
    await screen.findByText('Confirmed');
    expect(screen.queryByText('Placed')).toBeNull();
    act(() => source().send({ order: order(crypto.randomUUID(), { customer: 'Theatre' }) }));
    await screen.findByText('Theatre');
  });

  it('is asked for again if it was on its way while the stream told of an order', async () => {
    const { api } = opened('/orders');
    await screen.findByText('Placed');
    const { promise, resolve } = Promise.withResolvers<void>();
    api.delay = promise;
    act(() => source().connect());
    const lists = () => api.asked.filter((line) => line.startsWith('GET /api/orders/v1/orders'));
    await waitFor(() => expect(lists()).toHaveLength(2));
    api.delay = undefined;
    const confirmed = api.orders.orders.map((each) => order(each.id, { state: 'ORDER_STATE_CONFIRMED' }));
    api.orders.orders = confirmed;
    act(() => source().send({ order: confirmed[0] }));
    await screen.findByText('Confirmed');
    resolve();
    await waitFor(() => expect(lists()).toHaveLength(3));
    await screen.findByText('Confirmed');
  });

  it('is asked for again each time the stream is open again, since changes between are missing', async () => {
    const { api } = opened('/orders');
    await screen.findByText('Bakery');
    act(() => source().connect());
    await screen.findByText('Changes are shown as they happen.');
    act(() => source().lose());
    await screen.findByText(/Connecting/);
    api.orders.orders = [order(crypto.randomUUID(), { customer: 'Theatre' })];
    act(() => source().connect());
    await screen.findByText('Theatre');
  });

  it('opens a refused stream again, after the session has taken up changed rights', async () => {
    const { api } = opened('/orders');
    await screen.findByText('Bakery');
    api.isStale = true;
    act(() => source().refuse());
    expect(FakeEventSource.open).toEqual([]);
    await waitFor(() => expect(FakeEventSource.open).toHaveLength(1), { timeout: 5_000 });
    expect(api.asked).toContain('POST /.sign-in/revalidate');
  });

  it('closes the stream when another page is opened', async () => {
    const { user } = opened('/orders');
    await screen.findByText('Bakery');
    await user.click(screen.getByRole('link', { name: 'Your account' }));
    await waitFor(() => expect(FakeEventSource.open).toEqual([]));
  });
});

describe('an order', () => {
  it('is placed in cents, is shown, and empties the form', async () => {
    const { api, user } = await typed();
    await user.click(place());
    await screen.findByText('Choir');
    const [line = ''] = sent(api);
    expect(JSON.parse(line.replace('POST /api/orders/v1/orders ', ''))).toEqual({
      customer: 'Choir',
      lines: [{ sku: 'column-3', quantity: 2, unitPrice: 1250 }],
      idempotencyKey: expect.stringMatching(/^[\w-]{36}$/),
    });
    await waitFor(() => expect(field('Customer')).toHaveProperty('value', ''));
  });

  it('has further lines', async () => {
    const { api, user } = await typed();
    await user.click(screen.getByRole('button', { name: 'Add a line' }));
    await user.type(screen.getAllByRole('textbox', { name: 'Article' })[1] as HTMLElement, 'base-1');
    await user.type(screen.getAllByRole('textbox', { name: 'Quantity' })[1] as HTMLElement, '1');
    await user.type(screen.getAllByRole('textbox', { name: 'Price of one' })[1] as HTMLElement, '0,5');
    await user.click(place());
    await screen.findByText('Choir');
    expect(sent(api)[0]).toContain('{"sku":"base-1","quantity":1,"unitPrice":50}');
  });

  it.each([
    ['the connection is lost', 'no connection' as const],
    ['the server fails', refusal(503, 'unavailable', 'no database')],
  ])('that is sent again after %s keeps what was typed and has the same key', async (_, instead) => {
    const { api, user } = await typed();
    api.instead = instead;
    await user.click(place());
    await screen.findByRole('alert');
    expect(field('Article')).toHaveProperty('value', 'column-3');
    api.instead = undefined;
    await user.click(place());
    await screen.findByText('Choir');
    const [first, second] = sent(api);
    expect(second).toBe(first);
  });

  it('with other contents has another key', async () => {
    const { api, user } = await typed();
    api.instead = 'no connection';
    await user.click(place());
    await screen.findByRole('alert');
    api.instead = undefined;
    await user.type(field('Quantity'), '0');
    await user.click(place());
    await screen.findByText('Choir');
    const keys = sent(api).map((line) => /"idempotencyKey":"([^"]+)"/.exec(line)?.[1]);
    expect(keys).toHaveLength(2);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('is sent again after the rights have changed: the person sees nothing of it', async () => {
    const { api, user } = await typed();
    api.isStale = true;
    await user.click(place());
    await screen.findByText('Choir');
    expect(sent(api)).toHaveLength(2);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it.each([
    ['no customer', { customer: ' ' }, 'customer', 'Give a name.'],
    ['no line', { 'sku-0': '', 'quantity-0': '', 'price-0': '' }, 'sku-0', 'Name at least one article.'],
    ['a line without an article', { 'sku-0': '' }, 'sku-0', 'Name the article.'],
    ['a quantity of 0', { 'quantity-0': '0' }, 'quantity-0', 'Write a whole number from 1 to 1000.'],
    ['half an article', { 'quantity-0': '1.5' }, 'quantity-0', 'Write a whole number from 1 to 1000.'],
    ['a negative price', { 'price-0': '-1' }, 'price-0', /Write an amount/],
    ['a tenth of a cent', { 'price-0': '1.001' }, 'price-0', /Write an amount/],
    ['a price beyond 32 bits', { 'price-0': '21474836.48' }, 'price-0', /Write an amount/],
  ])('with %s is refused beside the field', (_, wrong, field, words) => {
    const fields = { customer: 'Choir', 'sku-0': 'a', 'quantity-0': '1', 'price-0': '1', ...wrong };
    const { error } = orderInput.safeParse(fields);
    expect(error?.issues.map(({ path, message }) => [path, message])).toEqual([
      [[field], typeof words === 'string' ? words : expect.stringMatching(words)],
    ]);
  });
});

it('an event that is older than the list leaves a confirmed order confirmed', () => {
  const confirmed = order('1', { state: 'ORDER_STATE_CONFIRMED' });
  const data = { pages: [{ orders: [confirmed], nextPageToken: '' }] };
  expect(withOrder(data, order('1')).pages[0]?.orders).toEqual([confirmed]);
});
