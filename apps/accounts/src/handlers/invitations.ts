import { status } from '@grpc/grpc-js';
import type { Queries } from '../../../kit/database.ts';
import { log } from '../../../kit/log.ts';
import { Refusal } from '../../../kit/refusal.ts';
import { type Context, type Handlers, noteChange } from '../context.ts';
import {
  destroyInvitation,
  destroyInvitationByToken,
  fetchInvitations,
  insertInvitation,
} from '../repository/invitations.ts';
import { fetchPermissions, insertMember } from '../repository/members.ts';
import type { Invitation, Organisation } from '../schemas.ts';
import { hashOf, newSecret } from '../secret.ts';
import { changed, givenRoles, known, personOf } from './caller.ts';
import { heldNow } from './members.ts';

type Ids = 'createInvitation' | 'listInvitations' | 'revokeInvitation' | 'acceptInvitation';

const goodDays = 7;
/** So many may be open in one organisation: mail to strangers is not sent without end. */
const mostOpen = 200;

export const invitationHandlers: Handlers<Ids> = {
  /** A mail that was not taken makes the whole invitation void: who invites hears of it and tries again. */
  createInvitation: async (context, { organisation: id, email, roles }) => {
    const { id: by } = personOf(context);
    const secret = newSecret('plinth_invitation');
    return context.database.transaction('create invitation', async (queries) => {
      const organisation = await changed(queries, id);
      await givenRoles(queries, id, roles, await heldNow(context, queries, id));
      await refuseTooMany(queries, id);
      const given = { organisation: id, email, roles, by, hash: secret.hash, days: goodDays };
      const invitation = await insertInvitation(queries, given);
      await noteChange(context, queries, organisation, {
        ...{ action: 'invitation.create', subject: `invitation:${invitation.id}` },
        ...{ before: null, after: { email, roles } },
      });
      await sendInvitation(context, organisation, invitation, secret.text);
      return { invitation };
    });
  },

  listInvitations: async ({ database }, { organisation }) => ({
    invitations: await fetchInvitations(database, organisation),
  }),

  revokeInvitation: (context, { organisation: id, invitation }) =>
    context.database.transaction('revoke invitation', async (queries) => {
      const organisation = await changed(queries, id);
      const before = await destroyInvitation(queries, id, invitation);
      if (before === undefined) throw new Refusal(status.NOT_FOUND, `no invitation ${invitation}`);
      await noteChange(context, queries, organisation, {
        ...{ action: 'invitation.revoke', subject: `invitation:${invitation}` },
        ...{ before: { email: before.email, roles: before.roles }, after: null },
      });
      return {};
    }),

  acceptInvitation: async (context, { token }) => {
    const { id } = personOf(context);
    const { verified } = await known(context, context.database, id);
    return context.database.transaction('accept invitation', async (queries) => {
      const invitation = await destroyInvitationByToken(queries, hashOf(token));
      // The same answer for one of somebody else: its link tells nothing to whoever finds it.
      if (invitation === undefined || !verified.includes(invitation.email)) throw unknownInvitation;
      const organisation = await changed(queries, invitation.organisation);
      const inviter = await fetchPermissions(queries, organisation.id, invitation.invitedBy);
      await givenRoles(queries, organisation.id, invitation.roles, inviter ?? []);
      await insertMember(queries, organisation.id, id, invitation.roles);
      await noteChange(context, queries, organisation, {
        ...{ action: 'invitation.accept', subject: `member:${id}` },
        ...{ before: null, after: { roles: invitation.roles, invitation: invitation.id } },
      });
      return { organisation };
    });
  },
};

const unknownInvitation = new Refusal(
  status.NOT_FOUND,
  'this invitation is not for you, was used, was revoked or is too old: ask for another one, and sign in with the address to which it was sent',
  'unknown_invitation',
);

async function refuseTooMany(queries: Queries, organisation: string): Promise<void> {
  if ((await fetchInvitations(queries, organisation)).length < mostOpen) return;
  throw new Refusal(status.RESOURCE_EXHAUSTED, `${mostOpen} invitations are open: revoke some first`);
}

async function sendInvitation(
  { mailer, invitations }: Context,
  organisation: Organisation,
  { email, id }: Invitation,
  token: string,
): Promise<void> {
  // A line break in a name would begin another line of the header.
  const name = organisation.name.replaceAll(/\s+/g, ' ');
  try {
    await mailer.send({
      to: email,
      subject: `Invitation to ${name}`,
      text: `You are invited to ${name}.\n\nOpen this link within ${goodDays} days, and sign in with this address:\n\n${invitations}#${token}\n\nIf you do not know ${name}, delete this mail: nothing happens then.\n`,
    });
  } catch (error) {
    log.warn('an invitation was not sent', { invitation: id, error });
    throw new Refusal(
      status.UNAVAILABLE,
      'the mail server did not take the invitation: nobody was invited, try again',
    );
  }
}
