import type { Queries } from '../../../kit/database.ts';
import type { ApiKey } from '../schemas.ts';

interface Row {
  id: string;
  organisation: string;
  name: string;
  scopes: string[];
  prefix: string;
  created_by: string;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
}

const columns =
  'k.id, k.organisation, k.name, k.scopes, k.prefix, k.created_by, k.created_at, k.expires_at, k.last_used_at';

/** Newest first. */
export async function fetchKeys(queries: Queries, organisation: string): Promise<ApiKey[]> {
  const rows = await queries.query<Row>(
    'fetch keys',
    `select ${columns} from api_keys k where k.organisation = $1 order by k.created_at desc, k.id limit 1000`,
    [organisation],
  );
  return rows.map(keyFrom);
}

/**
 * The key of a secret that is valid now, with the scopes that its maker could give now: a key never outlives the rights of
 * the person who made it.
 */
export async function fetchKeyBySecret(queries: Queries, hash: Buffer): Promise<ApiKey | undefined> {
  const [row] = await queries.query<Row & { allowed: string[] }>(
    'fetch key by secret',
    `select ${columns}, coalesce((select array_agg(distinct p) from member_roles m
       join roles r on r.organisation = m.organisation and r.name = m.role, unnest(r.permissions) p
       where m.organisation = k.organisation and m.person = k.created_by), '{}') as allowed
     from api_keys k where k.secret_hash = $1 and k.expires_at > now()`,
    [hash],
  );
  if (row === undefined) return undefined;
  const { allowed } = row;
  const scopes = row.scopes.filter((each) => allowed.includes('*') || allowed.includes(each));
  return keyFrom({ ...row, scopes });
}

export async function insertKey(
  queries: Queries,
  given: Pick<ApiKey, 'organisation' | 'name' | 'scopes' | 'prefix' | 'createdBy'> & {
    hash: Buffer;
    expiresAt: Date;
  },
): Promise<ApiKey> {
  const [row] = await queries.query<Row>(
    'insert key',
    `insert into api_keys as k (organisation, name, scopes, secret_hash, prefix, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
    [
      given.organisation,
      given.name,
      given.scopes,
      given.hash,
      given.prefix,
      given.createdBy,
      given.expiresAt,
    ],
  );
  if (row === undefined) throw new Error('an insert gave no row back');
  return keyFrom(row);
}

/** To the minute: a key in use costs one write a minute. */
export async function modifyKeyUsed(queries: Queries, id: string): Promise<void> {
  await queries.query(
    'modify key used',
    `update api_keys set last_used_at = date_trunc('minute', now())
     where id = $1 and last_used_at is distinct from date_trunc('minute', now())`,
    [id],
  );
}

export async function destroyKey(
  queries: Queries,
  organisation: string,
  id: string,
): Promise<ApiKey | undefined> {
  const [row] = await queries.query<Row>(
    'destroy key',
    `delete from api_keys k where k.organisation = $1 and k.id = $2 returning ${columns}`,
    [organisation, id],
  );
  return row && keyFrom(row);
}

function keyFrom(row: Row): ApiKey {
  const { id, organisation, name, scopes, prefix, created_by, created_at, expires_at, last_used_at } = row;
  return {
    ...{ id, organisation, name, scopes, prefix, createdBy: created_by },
    ...{ createdAt: created_at.toISOString(), expiresAt: expires_at.toISOString() },
    lastUsedAt: last_used_at?.toISOString() ?? null,
  };
}
