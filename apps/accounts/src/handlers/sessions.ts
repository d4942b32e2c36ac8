import { status } from '@grpc/grpc-js';
import type { Queries } from '../../../kit/database.ts';
import { log } from '../../../kit/log.ts';
import { Refusal } from '../../../kit/refusal.ts';
import { type Context, type Handlers, personalDays } from '../context.ts';
import { modifyOverImpersonationsToEnded } from '../repository/impersonations.ts';
import { fetchIsKnown } from '../repository/people.ts';
import {
  fetchSession,
  fetchSessionUses,
  insertSession,
  modifySessionOrganisation,
  modifySessionToValid,
} from '../repository/sessions.ts';
import type { PersonSession } from '../schemas.ts';
import { known, personOf } from './caller.ts';

export const sessionHandlers: Handlers<
  'getSession' | 'revalidateSession' | 'switchOrganisation' | 'listSessionUses'
> = {
  /** The proxy asks once a second for each session in use: one statement, unless the session is new. */
  getSession: async (context) => {
    const { id, session, actor } = personOf(context);
    const found = await fetchSession(context.database, session, id);
    if (found !== undefined) return { session: found };
    // An impersonation that has ended: its session is not begun anew.
    if (actor !== undefined)
      return { session: { ...withoutOrganisation(id, session), state: 'needs_revalidation' } };
    return { session: await newSession(context) };
  },

  revalidateSession: async (context) => {
    const { id, session } = personOf(context);
    if (!(await fetchIsKnown(context.database, id))) return { session: withoutOrganisation(id, session) };
    return {
      session: await context.database.transaction('revalidate session', async (queries) => {
        await modifyOverImpersonationsToEnded(queries, personalDays);
        await insertSession(queries, session, id);
        // It waits for a change that is being made: the rights are read after it, in a statement of their own.
        await modifySessionToValid(queries, session, id);
        return sessionThere(queries, session, id);
      }),
    };
  },

  switchOrganisation: async (context, { organisation }) => {
    const { id, session } = personOf(context);
    await insertSession(context.database, session, id);
    await modifySessionOrganisation(context.database, session, id, organisation);
    return { session: await sessionThere(context.database, session, id) };
  },

  listSessionUses: async (context) => ({
    uses: await fetchSessionUses(context.database, personOf(context).id),
  }),
};

/** Who is a member of nothing is not written down: a sign-in alone leaves no trace here. */
async function newSession(context: Context): Promise<PersonSession> {
  const { id, session } = personOf(context);
  if (!(await fetchIsKnown(context.database, id))) return withoutOrganisation(id, session);
  await insertSession(context.database, session, id);
  // Once for each sign-in what is kept of the person is compared with Kratos; nobody waits for it.
  known(context, context.database, id).catch((error: unknown) =>
    log.warn('address and name of a person stay as they were', { person: id, error }),
  );
  return sessionThere(context.database, session, id);
}

function withoutOrganisation(person: string, session: string): PersonSession {
  return {
    person,
    session,
    state: 'valid',
    organisation: '',
    roles: [],
    permissions: [],
    impersonation: null,
  };
}

async function sessionThere(queries: Queries, session: string, person: string): Promise<PersonSession> {
  const found = await fetchSession(queries, session, person);
  // A session has one person; another one who shows it has made its id up.
  if (found === undefined) throw new Refusal(status.PERMISSION_DENIED, "the session is another person's");
  return found;
}
