import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { Database } from '../../kit/database.ts';
import { pageOf, placeOf, tokenTime } from '../../kit/page-token.ts';
import { Refusal } from '../../kit/refusal.ts';
import type { Owner } from './owner.ts';
import type { ListedOrders, NewOrder, StoredOrder } from './schemas.ts';

/** An order, and whose it is: `organisation:ID` or `person:ID`; null: a service placed it. */
export interface OwnedOrder {
  owner: string | null;
  order: StoredOrder;
}

interface Row {
  owner: string | null;
  id: string;
  customer: string;
  total: string;
  placed_at: Date;
  confirmed_at: Date | null;
  lines: { sku: string; quantity: number; unit_price: number }[];
  place: string;
}

const columns = `o.id, o.owner, o.customer, o.total, o.placed_at, o.confirmed_at,
  ${tokenTime('o.placed_at')} as place,
  (select coalesce(json_agg(json_build_object('sku', l.sku, 'quantity', l.quantity, 'unit_price', l.unit_price)
     order by l.number), '[]') from order_lines l where l.order_id = o.id) as lines`;

/** Orders in their database; calls wait for an unavailable database until their signal aborts. */
export class OrderStore {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores an order, or returns the existing one of this owner with the same key. */
  async place(
    { customer, lines, idempotencyKey }: NewOrder,
    owner: Owner | undefined,
    until: AbortSignal,
  ): Promise<StoredOrder> {
    const total = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
    // With a generated key the statement may be repeated: a lost connection does not tell whether it was
    // executed.
    const given = idempotencyKey === '' ? randomUUID() : idempotencyKey;
    // A key is the owner's: nobody gets the order of another one by guessing it.
    const key = owner === undefined ? given : `${owner.owner} ${given}`;
    // One statement, so one transaction and one round trip.
    const made = await this.#database.query<{ id: string }>(
      'place order',
      `with placed as (
         insert into orders (customer, total, idempotency_key, owner, placed_by) values ($1, $2, $3, $7, $8)
         on conflict (idempotency_key) do nothing returning id),
       lines as (
         insert into order_lines (order_id, number, sku, quantity, unit_price)
         select placed.id, line.number, line.sku, line.quantity, line.unit_price from placed,
           unnest($4::text[], $5::int[], $6::int[]) with ordinality as line (sku, quantity, unit_price, number))
       select id from placed
       union all select id from orders where idempotency_key = $3 limit 1`,
      [
        ...[customer, total, key],
        ...[
          lines.map(({ sku }) => sku),
          lines.map(({ quantity }) => quantity),
          lines.map((line) => line.unitPrice),
        ],
        ...[owner?.owner ?? null, owner?.person ?? null],
      ],
      until,
    );
    // Two concurrent orders with one key: the second sees neither its own row nor, in its snapshot, the
    // first's.
    const id = made[0]?.id ?? (await this.#idOf(key, until));
    return this.get(id, owner, until);
  }

  /** An order of another owner answers as one that does not exist. `owner`: undefined sees every order. */
  async get(id: string, owner: Owner | undefined, until: AbortSignal): Promise<StoredOrder> {
    const found = await this.find(id, until);
    if (found === undefined || (owner !== undefined && found.owner !== owner.owner))
      throw new Refusal(status.NOT_FOUND, `no order ${id}`);
    return found.order;
  }

  /** The order of whomever; undefined where there is none. Without `until` an unavailable database throws at once. */
  async find(id: string, until?: AbortSignal): Promise<OwnedOrder | undefined> {
    const [row] = await this.#database.query<Row>(
      'get order',
      `select ${columns} from orders o where o.id = $1`,
      [id],
      until,
    );
    return row && { owner: row.owner, order: orderFrom(row) };
  }

  async list(
    { customer, pageSize, pageToken }: ListedOrders,
    owner: Owner | undefined,
    until: AbortSignal,
  ): Promise<{ orders: StoredOrder[]; nextPageToken: string }> {
    const [before, id] = placeOf(pageToken === '' ? undefined : pageToken);
    const rows = await this.#database.query<Row>(
      'list orders',
      `select ${columns} from orders o
       where ($1 = '' or o.customer = $1) and ($5::text is null or o.owner = $5)
         and ($2::timestamptz is null or (o.placed_at, o.id) < ($2::timestamptz, $3::uuid))
       order by o.placed_at desc, o.id desc limit $4`,
      [customer, before, id, pageSize + 1, owner?.owner ?? null],
      until,
    );
    const { page, nextPageToken } = pageOf(rows, pageSize);
    return { orders: page.map(orderFrom), nextPageToken };
  }

  /** Idempotent. */
  async confirm(id: string): Promise<void> {
    await this.#database.query(
      'confirm order',
      'update orders set confirmed_at = now() where id = $1 and confirmed_at is null',
      [id],
    );
  }

  /** Orders whose confirmation may not be enqueued, oldest first. */
  async toEnqueue(): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(
      'orders to enqueue',
      `select id from orders where not confirmation_enqueued and placed_at < now() - interval '2 seconds'
       order by placed_at limit 100`,
    );
    return rows.map(({ id }) => id);
  }

  async enqueued(id: string): Promise<void> {
    await this.#database.query(
      'order enqueued',
      'update orders set confirmation_enqueued = true where id = $1',
      [id],
    );
  }

  async #idOf(key: string, until: AbortSignal): Promise<string> {
    const [row] = await this.#database.query<{ id: string }>(
      'order by key',
      'select id from orders where idempotency_key = $1',
      [key],
      until,
    );
    if (row === undefined) throw new Error('an order was neither created nor found');
    return row.id;
  }
}

function orderFrom({ id, customer, total, placed_at, confirmed_at, lines }: Row): StoredOrder {
  return {
    id,
    customer,
    total: Number(total),
    state: confirmed_at === null ? 'ORDER_STATE_PLACED' : 'ORDER_STATE_CONFIRMED',
    placedAt: placed_at.toISOString(),
    confirmedAt: confirmed_at?.toISOString() ?? null,
    lines: lines.map(({ sku, quantity, unit_price }) => ({ sku, quantity, unitPrice: unit_price })),
  };
}
