import { describe, expect, it } from 'vitest';
import { contractions } from './expand-only.ts';
import { sqlStatements } from './sql-statements.ts';

const found = (sql: string) => contractions([{ name: 'a.sql', sql }])[0]?.found ?? [];

describe('a roll-back is possible past a migration that only adds', () => {
  it.each([
    'create table notes (id bigint primary key, text text not null);',
    'create table notes (id bigint); alter table notes add column b text not null; drop table notes;',
    'create table notes (id bigint); create unique index n on notes (id);',
    'alter table orders add column note text;',
    'alter table orders add note text, add column n integer not null default 0;',
    'alter table orders add column at timestamptz not null default now();',
    'alter table orders add column kind numeric(10, 2);',
    'alter table orders alter column note drop not null;',
    'alter table orders drop constraint orders_total;',
    'create index orders_note on orders (note);',
    "update orders set note = 'drop table orders; delete from orders';",
    '-- drop table orders;\n/* a /* nested */ drop table orders; */ create index i on orders (a);',
    "insert into kinds values ($$ drop table orders; $$, E'it\\'s; drop table orders');",
    "alter type kind add value 'other';",
    'grant select on orders to reader;',
    'create table a (b int); create table c (d int); drop table if exists a, c cascade; ',
    'create table a (b int); create unlogged table c (d int); truncate table only a, c restart identity;',
    'create temp table a (b int); delete from a; drop table a;',
    'create table if not exists orders (id int);',
    'create table copy as with d as (select * from orders) select * from d;',
    'create table a (b int); insert into orders with d as (delete from a returning *) select * from d;',
    'create table a (b int); update a set b = null;',
    'update orders set note = upper(note) where other is null and third is not null;',
    'insert into kinds values (1, null) on conflict (id) do update set name = excluded.name;',
    'create table a (b int references orders on delete set null on update cascade);',
    'alter table a add column b text;',
    'alter table orders add column key uuid default gen_random_uuid() unique;',
    'drop index a, b;',
  ])('%s', (sql) => {
    expect(found(sql)).toEqual([]);
  });
});

describe('a roll-back is refused past a migration that removes, renames or restricts', () => {
  it.each([
    ['alter table orders drop column note;', 'takes a column'],
    ['alter table orders drop note;', 'takes a column'],
    ['ALTER TABLE IF EXISTS ONLY orders\n  ADD COLUMN a text,\n  DROP COLUMN b;', 'takes a column'],
    ['alter table "Orders" drop column a;', 'takes a column'],
    ['alter table orders alter column note drop default;', 'not known'],
    ['alter table orders rename column note to remark;', 'renames'],
    ['alter table orders rename to purchases;', 'renames'],
    ['alter table orders alter column note set not null;', 'not known'],
    ['alter table orders alter column total type integer;', 'not known'],
    ['alter table orders add column note text not null;', 'must be filled'],
    ['alter table orders add constraint total check (total > 0);', 'not known'],
    ['alter table orders add unique (note);', 'not known'],
    ['create unique index n on orders (note);', 'refuses rows'],
    ['drop table orders;', 'takes away'],
    ['drop view newest;', 'takes away'],
    ['create table tmp (a int); drop table tmp, orders;', 'takes away'],
    ['create table tmp (a int); drop table if exists orders, tmp cascade;', 'takes away'],
    ['create table tmp (a int); drop table public.tmp;', 'takes away'],
    ['create table tmp (a int); drop table tmp, "or,ders";', 'takes away'],
    ['create table tmp (a int); drop view tmp, newest;', 'takes away'],
    ['create table tmp (a int); truncate tmp, orders;', 'takes rows'],
    ['create table tmp (a int); truncate table only tmp, only orders restart identity;', 'takes rows'],
    ['create table tmp (a int); truncate tmp cascade;', 'takes rows'],
    ['create table if not exists orders (id int); alter table orders drop column note;', 'takes a column'],
    ['create table if not exists orders (id int); drop table orders;', 'takes away'],
    ['create table if not exists orders (id int); delete from orders;', 'takes rows'],
    ['create table part partition of orders for values in (1); drop table part;', 'takes away'],
    ['create table a (b int); set search_path to other; drop table a;', 'takes away'],
    ['insert into a with d as (delete from orders returning *) select * from d;', 'takes rows'],
    ['create table copy as with d as (delete from orders returning *) select * from d;', 'takes rows'],
    ['create table copy as with d as (delete from only orders returning *) select * from d;', 'takes rows'],
    ['with d as (delete from orders returning *) insert into a select * from d;', 'takes rows'],
    ['insert into a with u as (update orders set note = null returning *) select * from u;', 'takes values'],
    [
      'insert into a with m as (merge into orders using b on true when matched then delete) select 1;',
      'not known',
    ],
    ['merge into orders using b on true when matched then delete;', 'not known'],
    ['update orders set note = null;', 'takes values of orders'],
    ['update only orders as o set note = null where id = 1;', 'takes values'],
    ['update orders set a = 1, b = null::text;', 'takes values'],
    ['update orders set (a, b) = (1, null);', 'takes values'],
    ["update orders set note = case when note = '' then null else note end;", 'takes values'],
    ["update orders set note = nullif(note, '');", 'takes values'],
    ['update orders set note = default;', 'takes values'],
    ['insert into orders values (1) on conflict (id) do update set note = null;', 'takes values'],
    ['alter table orders add column n integer default 0 unique;', 'refuses the second'],
    ['alter table a drop column b;', 'takes a column'],
    ['delete from orders;', 'takes rows'],
    ['truncate orders;', 'takes rows'],
    ['revoke select on orders from reader;', 'takes away'],
    ['do $$ begin execute 1; end $$;', 'not known'],
    ['create or replace view newest as select 1;', 'not known'],
    ['create trigger t before insert on orders execute function f();', 'not known'],
    ['select drop_all();', 'not known'],
  ])('%s', (sql, why) => {
    expect(found(sql)).toEqual([{ line: 1, why: expect.stringContaining(why) }]);
  });
});

it('reports the line at which the statement begins', () => {
  const sql =
    "create index a on b (c);\n\n-- first\n/* two\nlines */\nalter table b\n  drop column c;\nselect '\n';\ndrop table b;";
  expect(found(sql).map(({ line }) => line)).toEqual([6, 8, 10]);
});

it('a table of an earlier file is unknown to the previous version', () => {
  const files = [
    { name: '1.sql', sql: 'create table notes (a text);' },
    { name: '2.sql', sql: 'alter table notes drop column a; alter table orders drop column a;' },
  ];
  expect(contractions(files).map(({ found }) => found.length)).toEqual([0, 1]);
});

it('a file that ends in a quote or a comment ends there', () => {
  for (const sql of ["select 'a", 'select "a', 'select $$a;', '/* a', '-- a']) {
    expect(sqlStatements(sql).length).toBeLessThan(2);
  }
});
