import type { Queries } from '../../../kit/database.ts';

/** What is kept about a person beside the account and the audit log, as JSON. */
export interface PersonExport {
  organisations: object[];
  sessions: object[];
  keys: object[];
  invitations: object[];
}

/** In one statement: the parts fit each other. */
export async function fetchExport(queries: Queries, id: string, email: string): Promise<PersonExport> {
  const [row] = await queries.query<PersonExport & Record<string, unknown>>(
    'fetch export',
    `select
       (select coalesce(json_agg(json_build_object('id', o.id, 'name', o.name, 'joinedAt', m.joined_at, 'roles',
          (select coalesce(json_agg(r.role order by r.role), '[]') from member_roles r
           where r.organisation = m.organisation and r.person = m.person)) order by m.joined_at), '[]')
        from members m join organisations o on o.id = m.organisation where m.person = $1) as organisations,
       (select coalesce(json_agg(json_build_object('id', s.id, 'organisation', s.organisation, 'seenAt', s.seen_at)), '[]')
        from sessions s where s.person = $1) as sessions,
       (select coalesce(json_agg(json_build_object('id', k.id, 'organisation', k.organisation, 'name', k.name,
          'scopes', k.scopes, 'createdAt', k.created_at, 'expiresAt', k.expires_at)), '[]')
        from api_keys k where k.created_by = $1) as keys,
       (select coalesce(json_agg(json_build_object('id', i.id, 'organisation', i.organisation, 'roles', i.roles,
          'email', i.email, 'createdAt', i.created_at)), '[]')
        from invitations i where i.invited_by = $1 or i.email = lower($2)) as invitations`,
    [id, email],
  );
  if (row === undefined) throw new Error('a select without from gave no row');
  const { organisations, sessions, keys, invitations } = row;
  return { organisations, sessions, keys, invitations };
}
