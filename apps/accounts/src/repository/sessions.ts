import type { Queries } from '../../../kit/database.ts';
import type { PersonSession, SessionUse } from '../schemas.ts';

interface Row {
  organisation: string | null;
  needs_revalidation: boolean;
  roles: string[];
  permissions: string[];
  impersonation: (NonNullable<PersonSession['impersonation']> & { isOver: boolean }) | null;
}

/** Roles and permissions of a session's person in its organisation. Both are read in one statement: they fit each other. */
const rights = `
  with used as (
    -- Who asks for the rights of a session uses it. A row that somebody else changes just now is left alone: nobody waits for it.
    update sessions set seen_at = now() where id = (
      select id from sessions where id = $1 and person = $2 and seen_at < now() - interval '1 minute'
      for update skip locked))
  select s.organisation, s.needs_revalidation,
    coalesce((select array_agg(m.role order by m.role) from member_roles m
      where m.organisation = s.organisation and m.person = s.person), '{}') as roles,
    coalesce((select array_agg(distinct p order by p) from member_roles m
      join roles r on r.organisation = m.organisation and r.name = m.role, unnest(r.permissions) p
      where m.organisation = s.organisation and m.person = s.person), '{}') as permissions,
    (select json_build_object('id', i.id, 'administrator', i.administrator, 'person', i.person,
        'email', coalesce(p.email, ''), 'reason', i.reason, 'until', i.ends_at, 'isOver', i.ends_at <= now())
      from impersonations i left join people p on p.id = i.person
      where i.ended_at is null and (i.session = s.id or i.id::text = s.id)) as impersonation
  from sessions s where s.id = $1 and s.person = $2`;

/** Undefined where the session was not seen yet. Notes its use, to the minute. */
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
    // Nobody acts as somebody else beyond the time, nor as himself again without noticing it.
    state: needs_revalidation || row.impersonation?.isOver === true ? 'needs_revalidation' : 'valid',
    impersonation: row.impersonation && openImpersonation(row.impersonation),
  };
}

function openImpersonation({
  isOver: _,
  until,
  ...rest
}: NonNullable<Row['impersonation']>): PersonSession['impersonation'] {
  // JSON of Postgres has microseconds and an offset.
  return { ...rest, until: new Date(until).toISOString() };
}

/** When each session of a person was used last, newest first. */
export async function fetchSessionUses(queries: Queries, person: string): Promise<SessionUse[]> {
  const rows = await queries.query<{ id: string; seen_at: Date }>(
    'fetch session uses',
    'select id, seen_at from sessions where person = $1 order by seen_at desc',
    [person],
  );
  return rows.map(({ id, seen_at }) => ({ session: id, lastUsedAt: seen_at.toISOString() }));
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

/** The session must be revalidated before it is used again. */
export async function modifySessionToStale(queries: Queries, session: string): Promise<void> {
  await queries.query(
    'modify session to stale',
    'update sessions set needs_revalidation = true where id = $1',
    [session],
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
