import { builtInRoles } from '../../apps/accounts/src/permissions.ts';
import { type SeedData, seedDomain, seedIds, seedKey } from './data.ts';

/** A text as a literal of SQL (PostgreSQL, 'String Constants'); `standard_conforming_strings` is on by default. */
function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `'${text.replaceAll("'", "''")}'`;
}

/** Rows of a list of JSON objects, as a table. */
function rows(list: readonly object[], columns: string): string {
  return `jsonb_to_recordset(${quoted(list)}::jsonb) as r (${columns})`;
}

/** Removes what a seed made in the database of `accounts`; its audit log stays. */
export const cleanAccounts = `begin;
delete from members where organisation::text like '${seedIds}%';
delete from organisations where id::text like '${seedIds}%';
delete from people where email like '%@${seedDomain}';
commit;`;

/** `ids`: ids of people at Kratos, by their addresses. */
export function seedAccounts({ people, organisations }: SeedData, ids: ReadonlyMap<string, string>): string {
  const person = (email: string): string => {
    const id = ids.get(email);
    if (id === undefined) throw new Error(`${email} has no account`);
    return id;
  };
  const members = organisations.flatMap(({ id, members }) =>
    members.map(({ email, role }) => ({ organisation: id, person: person(email), role })),
  );
  const roles = organisations.flatMap(({ id }) =>
    builtInRoles.map(({ builtIn: _, ...role }) => ({ organisation: id, ...role })),
  );
  return `begin;
insert into people (id, email, name) select id, email, name
  from ${rows(
    people.map((each) => ({ id: person(each.email), ...each })),
    'id text, email text, name text',
  )} on conflict (id) do nothing;
insert into organisations (id, name) select id, name
  from ${rows(
    organisations.map(({ id, name }) => ({ id, name })),
    'id uuid, name text',
  )} on conflict (id) do nothing;
insert into roles (organisation, name, description, permissions, built_in)
  select organisation, name, description, permissions, true
  from ${rows(roles, 'organisation uuid, name text, description text, permissions text[]')} on conflict do nothing;
insert into members (organisation, person) select organisation, person
  from ${rows(members, 'organisation uuid, person text')} on conflict do nothing;
insert into member_roles (organisation, person, role) select organisation, person, role
  from ${rows(members, 'organisation uuid, person text, role text')} on conflict do nothing;
commit;`;
}

/** Removes seeded orders; their lines go with them. */
export const cleanOrders = `delete from orders where idempotency_key like '${seedKey}%';`;

/** Orders that are confirmed already: the queue is not filled with their jobs. */
export function seedOrders({ orders }: Pick<SeedData, 'orders'>): string {
  const heads = orders.map(({ key, customer, lines }) => ({
    ...{ key, customer },
    total: lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0),
  }));
  const lines = orders.flatMap(({ key, lines: each }) =>
    each.map(({ sku, quantity, unitPrice }, i) => ({ key, number: i + 1, sku, quantity, price: unitPrice })),
  );
  return `begin;
insert into orders (customer, total, idempotency_key, confirmed_at, confirmation_enqueued)
  select customer, total, key, now(), true
  from ${rows(heads, 'key text, customer text, total bigint')} on conflict (idempotency_key) do nothing;
insert into order_lines (order_id, number, sku, quantity, unit_price)
  select o.id, r.number, r.sku, r.quantity, r.price
  from ${rows(lines, 'key text, number int, sku text, quantity int, price int')}
  join orders o on o.idempotency_key = r.key on conflict do nothing;
commit;`;
}
