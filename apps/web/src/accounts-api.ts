import { type AccountsApi, accountsRoutes } from '../../kit/generated/accounts-rest.ts';
import { RestRefusal, restClient } from '../../kit/rest-client.ts';

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
export type PersonWithAccount = Answer<'listPeople'>['people'][number];

const listeners = new Set<() => void>();

/** Calls `listener` each time the session has taken up changed rights. */
export function onRevalidated(listener: () => void): void {
  listeners.add(listener);
}

let running: Promise<void> | undefined;

/** Requests that are refused at the same time revalidate the session once. */
function revalidate(): Promise<void> {
  running ??= takeUpRights().finally(() => {
    running = undefined;
  });
  return running;
}

async function takeUpRights(): Promise<void> {
  const { ok, status } = await fetch('/.sign-in/revalidate', {
    method: 'POST',
    headers: { accept: 'application/json' },
  });
  if (!ok)
    throw new RestRefusal(
      status,
      status === 401 ? 'not_signed_in' : 'revalidation_failed',
      'Your rights have changed, and the new ones could not be read.',
    );
  for (const listener of listeners) listener();
}
