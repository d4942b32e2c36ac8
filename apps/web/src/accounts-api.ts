import { type AccountsApi, accountsRoutes } from '../../kit/generated/accounts-rest.ts';
import { restClient } from '../../kit/rest-client.ts';
import { revalidate } from './revalidation.ts';

/** The API of organisations, at the path that nginx passes on. */
export const accounts = restClient<AccountsApi>({
  routes: accountsRoutes,
  base: '/api/accounts',
  revalidate,
});

type Answer<Id extends keyof AccountsApi> = AccountsApi[Id]['answer'];
export type Organisation = Answer<'getOrganisation'>['organisation'];
export type Member = Answer<'listMembers'>['members'][number];
export type Invitation = Answer<'listInvitations'>['invitations'][number];
export type Role = Answer<'listRoles'>['roles'][number];
export type ApiKey = Answer<'listApiKeys'>['keys'][number];
export type AuditEntry = Answer<'listAuditEntries'>['entries'][number];
export type Queue = Answer<'listQueues'>['queues'][number];
export type QueueJob = Answer<'listQueueJobs'>['jobs'][number];
export type PersonWithAccount = Answer<'listPeople'>['people'][number];
