import { status } from '@grpc/grpc-js';
import { Refusal } from '../../../kit/refusal.ts';
import { isAdministrator } from '../administrators.ts';
import { type Handlers, noteChange } from '../context.ts';
import { insertImpersonation, modifyImpersonationToEnded } from '../repository/impersonations.ts';
import { insertSession, modifySessionToStale } from '../repository/sessions.ts';
import { known, personOf } from './caller.ts';

/** An administrator of the platform acts as somebody else. */
export const impersonationHandlers: Handlers<'beginImpersonation' | 'endImpersonation'> = {
  /** The administrator's session must be revalidated after: from then on the proxy hands out tokens of the person. */
  beginImpersonation: async (context, { person, reason }) => {
    const { id: administrator, session } = personOf(context);
    if (person === administrator)
      throw new Refusal(status.INVALID_ARGUMENT, 'person: you are this person yourself');
    if ((await context.directory.fetch(person)) === undefined)
      throw new Refusal(status.NOT_FOUND, `no person ${person}`);
    if (await isAdministrator(context, person))
      throw new Refusal(
        status.PERMISSION_DENIED,
        'nobody acts as another administrator: ask that person',
        'person_is_administrator',
      );
    await known(context, context.database, administrator);
    const { email } = await known(context, context.database, person);
    return context.database.transaction('begin impersonation', async (queries) => {
      await insertSession(queries, session, administrator);
      const made = await insertImpersonation(queries, { administrator, session, person, reason });
      if (made === undefined)
        throw new Refusal(
          status.FAILED_PRECONDITION,
          'you act as somebody else in this session already: stop that first',
          'already_impersonating',
        );
      await insertSession(queries, made.id, person);
      await modifySessionToStale(queries, session);
      const until = made.until.toISOString();
      await noteChange(context, queries, undefined, {
        ...{ action: 'impersonation.begin', subject: `person:${person}`, before: null },
        after: { reason, until },
      });
      return { impersonation: { id: made.id, administrator, person, email, reason, until } };
    });
  },

  endImpersonation: (context) =>
    context.database.transaction('end impersonation', async (queries) => {
      const { session } = personOf(context);
      const ended = await modifyImpersonationToEnded(queries, session);
      if (ended === undefined)
        throw new Refusal(
          status.FAILED_PRECONDITION,
          'you act as nobody else in this session',
          'not_impersonating',
        );
      await noteChange(context, queries, undefined, {
        ...{ action: 'impersonation.end', subject: `person:${ended.person}`, after: null },
        before: { reason: ended.reason, until: ended.until.toISOString() },
      });
      return {};
    }),
};
