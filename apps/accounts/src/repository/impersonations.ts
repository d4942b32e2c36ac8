import type { Queries } from '../../../kit/database.ts';

/** Minutes for which an administrator acts as somebody else. */
export const impersonationMinutes = 15;

/** An impersonation that has not ended. */
export interface OpenImpersonation {
  id: string;
  administrator: string;
  /** The administrator's own session. */
  session: string;
  person: string;
  reason: string;
  until: Date;
}

const columns = 'id, administrator, session, person, reason, ends_at as until';

/** Undefined where one is open in this session already. */
export async function insertImpersonation(
  queries: Queries,
  { administrator, session, person, reason }: Omit<OpenImpersonation, 'id' | 'until'>,
): Promise<OpenImpersonation | undefined> {
  const [row] = await queries.query<OpenImpersonation>(
    'insert impersonation',
    `insert into impersonations (administrator, session, person, reason, ends_at)
     values ($1, $2, $3, $4, now() + make_interval(mins => $5))
     on conflict (session) where ended_at is null do nothing returning ${columns}`,
    [administrator, session, person, reason, impersonationMinutes],
  );
  return row;
}

/** Undefined where it has ended or its time is over. */
export async function fetchOpenImpersonation(
  queries: Queries,
  id: string,
): Promise<OpenImpersonation | undefined> {
  const [row] = await queries.query<OpenImpersonation>(
    'fetch open impersonation',
    `select ${columns} from impersonations where id::text = $1 and ended_at is null and ends_at > now()`,
    [id],
  );
  return row;
}

/**
 * Ends an impersonation with its session, and marks the administrator's own session. Undefined where it had ended before.
 */
export async function modifyImpersonationToEnded(
  queries: Queries,
  id: string,
): Promise<OpenImpersonation | undefined> {
  const [row] = await queries.query<OpenImpersonation>(
    'modify impersonation to ended',
    `with over as (
       update impersonations set ended_at = now() where id::text = $1 and ended_at is null returning *),
     gone as (delete from sessions s using over where s.id = over.id::text),
     marked as (update sessions s set needs_revalidation = true from over where s.id = over.session)
     select ${columns} from over`,
    [id],
  );
  return row;
}

/** The same for each whose time is over, with an entry in the audit log. Several replicas at once do no harm. */
export async function modifyOverImpersonationsToEnded(queries: Queries, auditDays: number): Promise<void> {
  await queries.query(
    'modify over impersonations to ended',
    `with over as (
       update impersonations set ended_at = now() where ended_at is null and ends_at <= now() returning *),
     gone as (delete from sessions s using over where s.id = over.id::text),
     marked as (update sessions s set needs_revalidation = true from over where s.id = over.session)
     insert into audit_entries (actor, on_behalf_of, action, subject, address, app, before, keep_until)
     select 'person:' || administrator, 'person:' || person, 'impersonation.end', 'person:' || person, '', 'accounts',
       jsonb_build_object('reason', reason, 'until', ends_at), now() + make_interval(days => $1) from over`,
    [auditDays],
  );
}

/** Those that ended so many days ago. The audit log keeps who acted as whom. */
export async function destroyEndedImpersonations(queries: Queries, days: number): Promise<void> {
  await queries.query(
    'destroy ended impersonations',
    'delete from impersonations where ended_at < now() - make_interval(days => $1)',
    [days],
  );
}
