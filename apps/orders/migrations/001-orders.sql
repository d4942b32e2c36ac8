create table orders (
  id uuid primary key default gen_random_uuid(),
  customer text not null,
  -- In cents.
  total bigint not null,
  placed_at timestamptz not null default now(),
  confirmed_at timestamptz,
  -- What the caller calls this order: sent again, it is the same order.
  idempotency_key text unique,
  -- Whether its confirmation stands in the queue: written after the order, since the queue is another database.
  confirmation_enqueued boolean not null default false
);

create index orders_newest on orders (placed_at desc, id desc);
create index orders_of_customer on orders (customer, placed_at desc, id desc);
create index orders_to_enqueue on orders (placed_at) where not confirmation_enqueued;

create table order_lines (
  order_id uuid not null references orders (id) on delete cascade,
  number integer not null,
  sku text not null,
  quantity integer not null check (quantity between 1 and 1000),
  -- In cents.
  unit_price integer not null check (unit_price >= 0),
  primary key (order_id, number)
);
