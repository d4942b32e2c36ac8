import type pg from 'pg';

/** In a separate schema that only the owner of the database can access, neither readers nor the app. */
const table = 'plinth.migrations';

/** The migrations that have run. Called under the lock of `migrate`; creates the table if missing. */
export async function appliedMigrations(client: pg.ClientBase): Promise<Map<string, string>> {
  await client.query(open);
  const { rows } = await client.query<{ name: string; sha256: string }>(`select name, sha256 from ${table}`);
  return new Map(rows.map(({ name, sha256 }) => [name, sha256]));
}

/** Records a migration, in the transaction in which it runs. */
export async function noteApplied(client: pg.ClientBase, name: string, sha256: string): Promise<void> {
  await client.query(`insert into ${table} (name, sha256) values ($1, $2)`, [name, sha256]);
}

/**
 * Default privileges give new schemas and tables to the other roles too; these and manual grants are revoked.
 * Earlier the table was in the schema public, where the app could write it.
 */
const open = `
do $$
declare
  given record;
begin
  create schema if not exists plinth;
  if to_regclass('${table}') is null and exists (
    select from pg_attribute where attrelid = to_regclass('public.migrations') and attname = 'sha256'
  ) then
    alter table public.migrations set schema plinth;
  end if;
  create table if not exists ${table} (
    name text primary key, sha256 text not null, applied_at timestamptz not null default now()
  );
  for given in
    select format('schema %s', nspname) as what, grantee
      from pg_namespace, aclexplode(nspacl) where nspname = 'plinth' and grantee <> nspowner
    union
    select format('table %s', oid::regclass), grantee
      from pg_class, aclexplode(relacl) where oid = '${table}'::regclass and grantee <> relowner
  loop
    execute format('revoke all on %s from %s', given.what,
      case given.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(given.grantee)) end);
  end loop;
end
$$`;
