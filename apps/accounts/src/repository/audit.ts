import type { Queries } from '../../../kit/database.ts';
import { pageOf, placeOf, tokenTime } from '../../../kit/page-token.ts';
import type { AuditEntry } from '../schemas.ts';

interface Row extends Omit<AuditEntry, 'at'> {
  at: Date;
  place: string;
}

const columns = `id, at, actor, coalesce(on_behalf_of, '') as "onBehalfOf", action, subject, address, app, before, after,
  ${tokenTime('at')} as place`;

/** Of an organisation, or of a person where `actor` is given. */
export async function fetchAuditEntries(
  queries: Queries,
  given: { organisation: string; pageSize: number; pageToken: string; oldestFirst: boolean },
): Promise<{ entries: AuditEntry[]; nextPageToken: string }> {
  const { organisation, pageSize, pageToken, oldestFirst } = given;
  const [from, id] = placeOf(pageToken === '' ? undefined : pageToken);
  const [beyond, order] = oldestFirst ? ['>', 'asc'] : ['<', 'desc'];
  const rows = await queries.query<Row>(
    'fetch audit entries',
    `select ${columns} from audit_entries where organisation = $1
       and ($2::timestamptz is null or (at, id) ${beyond} ($2::timestamptz, $3::uuid))
     order by at ${order}, id ${order} limit $4`,
    [organisation, from, id, pageSize + 1],
  );
  const { page, nextPageToken } = pageOf(rows, pageSize);
  return { entries: page.map(entryFrom), nextPageToken };
}

/** Of every organisation and of none, newest first. */
export async function fetchEveryAuditEntry(
  queries: Queries,
  pageSize: number,
  pageToken: string,
): Promise<{ entries: AuditEntry[]; nextPageToken: string }> {
  const [before, id] = placeOf(pageToken === '' ? undefined : pageToken);
  const rows = await queries.query<Row>(
    'fetch every audit entry',
    `select ${columns} from audit_entries
     where $1::timestamptz is null or (at, id) < ($1::timestamptz, $2::uuid)
     order by at desc, id desc limit $3`,
    [before, id, pageSize + 1],
  );
  const { page, nextPageToken } = pageOf(rows, pageSize);
  return { entries: page.map(entryFrom), nextPageToken };
}

/** What somebody did, and what an administrator did as him, in every organisation; the newest 10 000. */
export async function fetchAuditEntriesBy(queries: Queries, actor: string): Promise<AuditEntry[]> {
  const rows = await queries.query<Row>(
    'fetch audit entries by',
    `select ${columns} from audit_entries where actor = $1 or on_behalf_of = $1 order by at desc, id desc limit 10000`,
    [actor],
  );
  return rows.map(entryFrom);
}

/** `auditDays`: so long nobody can delete it. */
export async function insertAuditEntry(
  queries: Queries,
  entry: Omit<AuditEntry, 'id' | 'at'> & { organisation: string | null; auditDays: number },
): Promise<void> {
  const { organisation, actor, onBehalfOf, action, subject, address, app, before, after, auditDays } = entry;
  await queries.query(
    'insert audit entry',
    `insert into audit_entries (organisation, actor, action, subject, address, app, before, after, keep_until, on_behalf_of)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(days => $9), nullif($10, ''))`,
    [organisation, actor, action, subject, address, app, before, after, auditDays, onBehalfOf],
  );
}

/** Returns how many went. */
export async function destroyExpiredAuditEntries(queries: Queries): Promise<number> {
  const [row] = await queries.query<{ count: string }>(
    'destroy expired audit entries',
    'select destroy_expired_audit() as count',
  );
  return Number(row?.count ?? 0);
}

function entryFrom({ place: _, ...row }: Row): AuditEntry {
  return { ...row, at: row.at.toISOString() };
}
