-- Whose order it is: `organisation:ID` or `person:ID`; null: a service placed it.
alter table orders add column owner text;
-- Id of the person who placed it.
alter table orders add column placed_by text;

create index orders_of_owner on orders (owner, placed_at desc, id desc);

-- Every replica hears of each order that is placed or confirmed, once the change is visible.
create function announce_order() returns trigger language plpgsql as $$
begin
  perform pg_notify('orders', new.id::text);
  return null;
end $$;

create trigger order_placed after insert on orders for each row execute function announce_order();
create trigger order_confirmed after update of confirmed_at on orders for each row
  when (old.confirmed_at is distinct from new.confirmed_at) execute function announce_order();
