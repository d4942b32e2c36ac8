import type { Queries } from '../../../kit/database.ts';
import { pageOf, placeOf, tokenTime } from '../../../kit/page-token.ts';
import { builtInRoles } from '../permissions.ts';
import type { Organisation } from '../schemas.ts';

interface Row {
  id: string;
  name: string;
  created_at: Date;
  audit_days: number;
}

const columns = 'o.id, o.name, o.created_at, o.audit_days';

/** Undefined where there is none. */
export async function fetchOrganisation(queries: Queries, id: string): Promise<Organisation | undefined> {
  const [row] = await queries.query<Row>(
    'fetch organisation',
    `select ${columns} from organisations o where o.id = $1`,
    [id],
  );
  return row && organisationFrom(row);
}

/** Until the end of the transaction nobody else changes the organisation, its members or its roles. */
export async function fetchOrganisationToChange(
  queries: Queries,
  id: string,
): Promise<Organisation | undefined> {
  const [row] = await queries.query<Row>(
    'fetch organisation to change',
    `select ${columns} from organisations o where o.id = $1 for update`,
    [id],
  );
  return row && organisationFrom(row);
}

/** By name. */
export async function fetchOrganisationsOf(queries: Queries, person: string): Promise<Organisation[]> {
  const rows = await queries.query<Row>(
    'fetch organisations of person',
    `select ${columns} from organisations o join members m on m.organisation = o.id
     where m.person = $1 order by o.name, o.id`,
    [person],
  );
  return rows.map(organisationFrom);
}

/** Newest first. */
export async function fetchEveryOrganisation(
  queries: Queries,
  pageSize: number,
  pageToken: string,
): Promise<{ organisations: Organisation[]; nextPageToken: string }> {
  const [before, id] = placeOf(pageToken === '' ? undefined : pageToken);
  const rows = await queries.query<Row & { place: string }>(
    'fetch every organisation',
    `select ${columns}, ${tokenTime('o.created_at')} as place from organisations o
     where $1::timestamptz is null or (o.created_at, o.id) < ($1::timestamptz, $2::uuid)
     order by o.created_at desc, o.id desc limit $3`,
    [before, id, pageSize + 1],
  );
  const { page, nextPageToken } = pageOf(rows, pageSize);
  return { organisations: page.map(organisationFrom), nextPageToken };
}

/** With its built-in roles, in one statement. */
export async function insertOrganisation(queries: Queries, name: string): Promise<Organisation> {
  const [row] = await queries.query<Row>(
    'insert organisation',
    `with made as (insert into organisations (name) values ($1) returning *),
     given as (
       insert into roles (organisation, name, description, permissions, built_in)
       select made.id, r.name, r.description, r.permissions, true
       from made, jsonb_to_recordset($2) as r (name text, description text, permissions text[]))
     select ${columns} from made o`,
    [name, JSON.stringify(builtInRoles)],
  );
  if (row === undefined) throw new Error('an insert gave no row back');
  return organisationFrom(row);
}

export async function modifyOrganisation(
  queries: Queries,
  { id, name, auditDays }: Pick<Organisation, 'id' | 'name' | 'auditDays'>,
): Promise<void> {
  await queries.query(
    'modify organisation',
    'update organisations set name = $2, audit_days = $3 where id = $1',
    [id, name, auditDays],
  );
}

/** With members, roles, invitations and keys. Members go first: their roles cannot go before them. */
export async function destroyOrganisation(queries: Queries, id: string): Promise<void> {
  await queries.query('destroy members of organisation', 'delete from members where organisation = $1', [id]);
  await queries.query('destroy organisation', 'delete from organisations where id = $1', [id]);
}

function organisationFrom({ id, name, created_at, audit_days }: Row): Organisation {
  return { id, name, createdAt: created_at.toISOString(), auditDays: audit_days };
}
