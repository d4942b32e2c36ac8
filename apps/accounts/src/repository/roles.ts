import type { Queries } from '../../../kit/database.ts';
import type { Role } from '../schemas.ts';

interface Row {
  name: string;
  description: string;
  permissions: string[];
  built_in: boolean;
}

const columns = 'name, description, permissions, built_in';

/** Built-in roles first, then by name; `names`: these alone. */
export async function fetchRoles(
  queries: Queries,
  organisation: string,
  names?: readonly string[],
): Promise<Role[]> {
  const rows = await queries.query<Row>(
    'fetch roles',
    `select ${columns} from roles where organisation = $1 and ($2::text[] is null or name = any($2))
     order by built_in desc, name`,
    [organisation, names],
  );
  return rows.map(({ built_in, ...rest }) => ({ ...rest, builtIn: built_in }));
}

/** How many members have a role. */
export async function fetchCountOfRole(
  queries: Queries,
  organisation: string,
  name: string,
): Promise<number> {
  const [row] = await queries.query<{ count: number }>(
    'fetch count of role',
    'select count(*)::int as count from member_roles where organisation = $1 and role = $2',
    [organisation, name],
  );
  return row?.count ?? 0;
}

/** Creates or replaces it. A built-in role stays as it is: its caller refuses that before. */
export async function insertRole(
  queries: Queries,
  organisation: string,
  { name, description, permissions }: Omit<Role, 'builtIn'>,
): Promise<void> {
  await queries.query(
    'insert role',
    `insert into roles (organisation, name, description, permissions) values ($1, $2, $3, $4)
     on conflict (organisation, name) do update
       set description = excluded.description, permissions = excluded.permissions where not roles.built_in`,
    [organisation, name, description, permissions],
  );
}

export async function destroyRole(queries: Queries, organisation: string, name: string): Promise<void> {
  await queries.query('destroy role', 'delete from roles where organisation = $1 and name = $2', [
    organisation,
    name,
  ]);
}
