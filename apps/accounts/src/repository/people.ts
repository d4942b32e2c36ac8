import type { Queries } from '../../../kit/database.ts';

/** What this service keeps of a person: a copy of what Kratos has. */
export interface KnownPerson {
  id: string;
  email: string;
  name: string;
}

/** Whether a person was written down: who never was is a member of nothing. */
export async function fetchIsKnown(queries: Queries, id: string): Promise<boolean> {
  const rows = await queries.query('fetch is known', 'select 1 from people where id = $1', [id]);
  return rows.length > 0;
}

/** Writes a person down, or what has changed of one. */
export async function insertPerson(queries: Queries, { id, email, name }: KnownPerson): Promise<void> {
  await queries.query(
    'insert person',
    `insert into people (id, email, name) values ($1, $2, $3)
     on conflict (id) do update set email = excluded.email, name = excluded.name`,
    [id, email, name],
  );
}

/** With sessions and memberships. */
export async function destroyPerson(queries: Queries, id: string): Promise<void> {
  await queries.query('destroy person', 'delete from people where id = $1', [id]);
}
