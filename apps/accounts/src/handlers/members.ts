import { status } from '@grpc/grpc-js';
import type { Queries } from '../../../kit/database.ts';
import { Refusal } from '../../../kit/refusal.ts';
import { type Context, type Handlers, noteChange } from '../context.ts';
import { owner, permits } from '../permissions.ts';
import {
  destroyMember,
  fetchHasOtherOwner,
  fetchMember,
  fetchMembers,
  fetchPermissions,
  modifyMember,
} from '../repository/members.ts';
import type { OrganisationMember } from '../schemas.ts';
import { changed, givenRoles, refuseBeyond } from './caller.ts';

export const memberHandlers: Handlers<'listMembers' | 'updateMember' | 'removeMember'> = {
  listMembers: ({ database }, { organisation, pageSize, pageToken = '' }) =>
    fetchMembers(database, organisation, pageSize, pageToken),

  updateMember: (context, { organisation: id, person, roles }) =>
    context.database.transaction('update member', async (queries) => {
      const organisation = await changed(queries, id);
      const held = await heldNow(context, queries, id);
      const before = await memberThere(queries, id, person);
      await givenRoles(queries, id, roles, held);
      await refuseStronger(queries, id, person, held);
      if (!roles.includes(owner)) await refuseLastOwner(queries, id, before);
      await modifyMember(queries, id, person, roles);
      const member = await memberThere(queries, id, person);
      await noteChange(context, queries, organisation, {
        ...{ action: 'member.update', subject: `member:${person}` },
        ...{ before: { roles: before.roles }, after: { roles: member.roles } },
      });
      return { member };
    }),

  removeMember: (context, { organisation: id, person }) =>
    context.database.transaction('remove member', async (queries) => {
      const organisation = await changed(queries, id);
      const isSelf = context.principal.kind === 'person' && context.principal.id === person;
      const held = await heldNow(context, queries, id);
      if (!isSelf && !permits(held, 'members.remove'))
        throw new Refusal(status.PERMISSION_DENIED, 'this takes the permission members.remove');
      const before = await memberThere(queries, id, person);
      if (!isSelf) await refuseStronger(queries, id, person, held);
      await refuseLastOwner(queries, id, before);
      await destroyMember(queries, id, person);
      await noteChange(context, queries, organisation, {
        ...{ action: 'member.remove', subject: `member:${person}` },
        ...{ before: { roles: before.roles }, after: null },
      });
      return {};
    }),
};

/** What the principal may do, now that nobody else changes it: it may be less than when the request came. */
export async function heldNow(
  { principal, held }: Context,
  queries: Queries,
  organisation: string,
): Promise<readonly string[]> {
  return principal.kind === 'person'
    ? ((await fetchPermissions(queries, organisation, principal.id)) ?? [])
    : held;
}

async function memberThere(
  queries: Queries,
  organisation: string,
  person: string,
): Promise<OrganisationMember> {
  const found = await fetchMember(queries, organisation, person);
  if (found === undefined) throw new Refusal(status.NOT_FOUND, `no member ${person}`);
  return found;
}

/** An administrator neither removes an owner nor takes his roles. */
async function refuseStronger(
  queries: Queries,
  organisation: string,
  person: string,
  held: readonly string[],
): Promise<void> {
  refuseBeyond(held, (await fetchPermissions(queries, organisation, person)) ?? []);
}

export async function refuseLastOwner(
  queries: Queries,
  organisation: string,
  { person, roles }: Pick<OrganisationMember, 'person' | 'roles'>,
): Promise<void> {
  if (!roles.includes(owner) || (await fetchHasOtherOwner(queries, organisation, person))) return;
  throw new Refusal(
    status.FAILED_PRECONDITION,
    `${person} is the last owner: make somebody else an owner first, or delete the organisation`,
    'last_owner',
  );
}
