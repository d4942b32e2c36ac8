import type { Queries } from '../../../kit/database.ts';
import type { Invitation } from '../schemas.ts';

interface Row {
  id: string;
  organisation: string;
  email: string;
  roles: string[];
  invited_by: string;
  created_at: Date;
  expires_at: Date;
}

const columns = 'id, organisation, email, roles, invited_by, created_at, expires_at';

/** Those that can be accepted, newest first. */
export async function fetchInvitations(queries: Queries, organisation: string): Promise<Invitation[]> {
  const rows = await queries.query<Row>(
    'fetch invitations',
    `select ${columns} from invitations where organisation = $1 and expires_at > now()
     order by created_at desc, id limit 1000`,
    [organisation],
  );
  return rows.map(invitationFrom);
}

export async function insertInvitation(
  queries: Queries,
  given: {
    organisation: string;
    email: string;
    roles: readonly string[];
    by: string;
    hash: Buffer;
    days: number;
  },
): Promise<Invitation> {
  const [row] = await queries.query<Row>(
    'insert invitation',
    `insert into invitations (organisation, email, roles, invited_by, token_hash, expires_at)
     values ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) returning ${columns}`,
    [given.organisation, given.email, given.roles, given.by, given.hash, given.days],
  );
  if (row === undefined) throw new Error('an insert gave no row back');
  return invitationFrom(row);
}

/** Takes it out, whoever of several comes first: the token is good once. Undefined where there is none, or it is too old. */
export async function destroyInvitationByToken(
  queries: Queries,
  hash: Buffer,
): Promise<(Invitation & { organisation: string }) | undefined> {
  const [row] = await queries.query<Row>(
    'destroy invitation by token',
    `delete from invitations where token_hash = $1 and expires_at > now() returning ${columns}`,
    [hash],
  );
  return row && { ...invitationFrom(row), organisation: row.organisation };
}

export async function destroyInvitation(
  queries: Queries,
  organisation: string,
  id: string,
): Promise<Invitation | undefined> {
  const [row] = await queries.query<Row>(
    'destroy invitation',
    `delete from invitations where organisation = $1 and id = $2 returning ${columns}`,
    [organisation, id],
  );
  return row && invitationFrom(row);
}

/** The ones that nobody can accept any more, and those to a person who was deleted. */
export async function destroyInvitationsTo(queries: Queries, email: string): Promise<void> {
  await queries.query(
    'destroy invitations to',
    'delete from invitations where email = $1 or expires_at < now()',
    [email],
  );
}

function invitationFrom({ id, email, roles, invited_by, created_at, expires_at }: Row): Invitation {
  return {
    ...{ id, email, roles, invitedBy: invited_by },
    ...{ createdAt: created_at.toISOString(), expiresAt: expires_at.toISOString() },
  };
}
