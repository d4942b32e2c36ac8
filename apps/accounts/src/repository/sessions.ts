import type { Queries } from '../../../kit/database.ts';
import type { PersonSession } from '../schemas.ts';

interface Row {
  organisation: string | null;
  needs_revalidation: boolean;
  roles: string[];
  permissions: string[];
}

/** Roles and permissions of a session's person in its organisation. Both are read in one statement: they fit each other. */
const rights = `
  select s.organisation, s.needs_revalidation,
    coalesce((select array_agg(m.role order by m.role) from member_roles m
      where m.organisation = s.organisation and m.person = s.person), '{}') as roles,
    coalesce((select array_agg(distinct p order by p) from member_roles m
      join roles r on r.organisation = m.organisation and r.name = m.role, unnest(r.permissions) p
      where m.organisation = s.organisation and m.person = s.person), '{}') as permissions
  from sessions s where s.id = $1 and s.person = $2`;

/** Undefined where the session was not seen yet. */
export async function fetchSession(
  queries: Queries,
  session: string,
  person: string,
): Promise<PersonSession | undefined> {
  const [row] = await queries.query<Row>('fetch session', rights, [session, person]);
  if (row === undefined) return undefined;
  const { organisation, needs_revalidation, roles, permissions } = row;
  return {
    ...{ person, session, organisation: organisation ?? '', roles, permissions },
    state: needs_revalidation ? 'needs_revalidation' : 'valid',
  };
}

/** A session that was not seen before acts for the organisation of which its person was a member first. */
export async function insertSession(queries: Queries, session: string, person: string): Promise<void> {
  await queries.query(
    'insert session',
    `insert into sessions (id, person, organisation)
     values ($1, $2, (select organisation from members where person = $2 order by joined_at, id limit 1))
     on conflict (id) do nothing`,
    [session, person],
  );
}

/** A session whose person left its organisation acts for another one, or for none. */
export async function modifySessionToValid(queries: Queries, session: string, person: string): Promise<void> {
  await queries.query(
    'modify session to valid',
    `update sessions s set needs_revalidation = false, seen_at = now(), organisation = coalesce(
       (select m.organisation from members m where m.person = s.person and m.organisation = s.organisation),
       (select m.organisation from members m where m.person = s.person order by m.joined_at, m.id limit 1))
     where s.id = $1 and s.person = $2`,
    [session, person],
  );
}

/** The session must be revalidated after: the proxy hands out tokens for the organisation before until then. */
export async function modifySessionOrganisation(
  queries: Queries,
  session: string,
  person: string,
  organisation: string,
): Promise<void> {
  await queries.query(
    'modify session organisation',
    `update sessions set organisation = $3, needs_revalidation = true
     where id = $1 and person = $2 and organisation is distinct from $3`,
    [session, person, organisation],
  );
}

/** Sessions that nobody used for so many days. A session that comes back is written down anew, with the rights of then. */
export async function destroyUnusedSessions(queries: Queries, days: number): Promise<void> {
  await queries.query(
    'destroy unused sessions',
    'delete from sessions where seen_at < now() - make_interval(days => $1)',
    [days],
  );
}
