import { status } from '@grpc/grpc-js';
import { Refusal } from '../../../kit/refusal.ts';
import { isAdministrator } from '../administrators.ts';
import { type Handlers, noteChange } from '../context.ts';
import { fetchEveryAuditEntry } from '../repository/audit.ts';
import { fetchMembers } from '../repository/members.ts';
import { fetchEveryOrganisation } from '../repository/organisations.ts';
import { fetchRoles } from '../repository/roles.ts';
import { personOf } from './caller.ts';

type Ids =
  | 'getPlatform'
  | 'listPeople'
  | 'listPersonSessions'
  | 'revokePersonSessions'
  | 'listPlatformOrganisations'
  | 'listPlatformMembers'
  | 'listPlatformRoles'
  | 'listPlatformAuditEntries';

/** For administrators of the platform; `getPlatform` tells everybody whether he is one. */
export const platformHandlers: Handlers<Ids> = {
  getPlatform: async (context) => ({ administrator: await isAdministrator(context, personOf(context).id) }),

  listPeople: async ({ directory }, { pageToken }) => {
    const { people, nextPage } = await directory.fetchPage(pageToken);
    return { people, nextPageToken: nextPage };
  },

  listPersonSessions: async ({ directory }, { person }) => {
    const sessions = await directory.fetchSessions(person);
    if (sessions === undefined) throw new Refusal(status.NOT_FOUND, `no person ${person}`);
    return { sessions };
  },

  /** Written down first: were Kratos to fail, the log tells of a try, and the administrator tries again. */
  revokePersonSessions: async (context, { person }) => {
    await noteChange(context, context.database, undefined, {
      ...{ action: 'sessions.revoke', subject: `person:${person}`, before: null, after: null },
    });
    await context.directory.destroySessions(person);
    return {};
  },

  listPlatformOrganisations: ({ database }, { pageSize, pageToken = '' }) =>
    fetchEveryOrganisation(database, pageSize, pageToken),

  listPlatformMembers: ({ database }, { organisation, pageSize, pageToken = '' }) =>
    fetchMembers(database, organisation, pageSize, pageToken),

  listPlatformRoles: async ({ database }, { organisation }) => ({
    roles: await fetchRoles(database, organisation),
  }),

  listPlatformAuditEntries: ({ database }, { pageSize, pageToken = '' }) =>
    fetchEveryAuditEntry(database, pageSize, pageToken),
};
