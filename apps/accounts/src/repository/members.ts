import type { Queries } from '../../../kit/database.ts';
import { pageOf, placeOf, tokenTime } from '../../../kit/page-token.ts';
import { owner } from '../permissions.ts';
import type { OrganisationMember } from '../schemas.ts';

interface Row {
  person: string;
  email: string;
  name: string;
  roles: string[];
  joined_at: Date;
  id: string;
  place: string;
}

const columns = `m.person, p.email, p.name, m.joined_at, m.id, ${tokenTime('m.joined_at')} as place,
  coalesce((select array_agg(r.role order by r.role) from member_roles r
    where r.organisation = m.organisation and r.person = m.person), '{}') as roles`;

/** What a person may do in an organisation; undefined for who is no member. */
export async function fetchPermissions(
  queries: Queries,
  organisation: string,
  person: string,
): Promise<string[] | undefined> {
  const [row] = await queries.query<{ permissions: string[] }>(
    'fetch permissions',
    `select coalesce((select array_agg(distinct p) from member_roles m
       join roles r on r.organisation = m.organisation and r.name = m.role, unnest(r.permissions) p
       where m.organisation = $1 and m.person = $2), '{}') as permissions
     from members where organisation = $1 and person = $2`,
    [organisation, person],
  );
  return row?.permissions;
}

/** Undefined for who is none. */
export async function fetchMember(
  queries: Queries,
  organisation: string,
  person: string,
): Promise<OrganisationMember | undefined> {
  const [row] = await queries.query<Row>(
    'fetch member',
    `select ${columns} from members m join people p on p.id = m.person
     where m.organisation = $1 and m.person = $2`,
    [organisation, person],
  );
  return row && memberFrom(row);
}

/** Newest first. */
export async function fetchMembers(
  queries: Queries,
  organisation: string,
  pageSize: number,
  pageToken: string,
): Promise<{ members: OrganisationMember[]; nextPageToken: string }> {
  const [before, id] = placeOf(pageToken === '' ? undefined : pageToken);
  const rows = await queries.query<Row>(
    'fetch members',
    `select ${columns} from members m join people p on p.id = m.person
     where m.organisation = $1
       and ($2::timestamptz is null or (m.joined_at, m.id) < ($2::timestamptz, $3::uuid))
     order by m.joined_at desc, m.id desc limit $4`,
    [organisation, before, id, pageSize + 1],
  );
  const { page, nextPageToken } = pageOf(rows, pageSize);
  return { members: page.map(memberFrom), nextPageToken };
}

/** Whether there is an owner beside this person. */
export async function fetchHasOtherOwner(
  queries: Queries,
  organisation: string,
  person: string,
): Promise<boolean> {
  const rows = await queries.query(
    'fetch other owner',
    'select 1 from member_roles where organisation = $1 and role = $2 and person <> $3 limit 1',
    [organisation, owner, person],
  );
  return rows.length > 0;
}

/** A member that is there keeps its roles and gets these too. */
export async function insertMember(
  queries: Queries,
  organisation: string,
  person: string,
  roles: readonly string[],
): Promise<void> {
  await queries.query(
    'insert member',
    'insert into members (organisation, person) values ($1, $2) on conflict do nothing',
    [organisation, person],
  );
  await queries.query(
    'insert roles of member',
    `insert into member_roles (organisation, person, role) select $1, $2, unnest($3::text[])
     on conflict do nothing`,
    [organisation, person, roles],
  );
}

/** Replaces the roles. */
export async function modifyMember(
  queries: Queries,
  organisation: string,
  person: string,
  roles: readonly string[],
): Promise<void> {
  await queries.query(
    'destroy roles of member',
    'delete from member_roles where organisation = $1 and person = $2 and role <> all($3::text[])',
    [organisation, person, roles],
  );
  await insertMember(queries, organisation, person, roles);
}

export async function destroyMember(queries: Queries, organisation: string, person: string): Promise<void> {
  await queries.query('destroy member', 'delete from members where organisation = $1 and person = $2', [
    organisation,
    person,
  ]);
}

function memberFrom({ person, email, name, roles, joined_at }: Row): OrganisationMember {
  return { person, email, name, roles, joinedAt: joined_at.toISOString() };
}
