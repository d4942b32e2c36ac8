import { useQuery } from '@tanstack/react-query';
import { accounts } from '../accounts-api.ts';
import { useChange, usePages } from './change.ts';

const of = (organisation: string, ...parts: string[]) => ['organisation', organisation, ...parts];

export function useMembers(organisation: string) {
  return usePages(of(organisation, 'members'), (pageToken, signal) =>
    accounts.listMembers({ organisation, pageToken }, signal),
  );
}

export function useUpdateMember(organisation: string, person: string) {
  return useChange(
    (input: { roles: string[] }) => accounts.updateMember({ organisation, person, ...input }),
    of(organisation),
  );
}

export function useRemoveMember(organisation: string, person: string) {
  return useChange(() => accounts.removeMember({ organisation, person }), of(organisation), [
    'organisations',
  ]);
}

export function useInvitations(organisation: string) {
  return useQuery({
    queryKey: of(organisation, 'invitations'),
    queryFn: ({ signal }) => accounts.listInvitations({ organisation }, signal),
    select: ({ invitations }) => invitations,
  });
}

export function useInvite(organisation: string) {
  return useChange(
    (input: { email: string; roles: string[] }) => accounts.createInvitation({ organisation, ...input }),
    of(organisation),
  );
}

export function useRevokeInvitation(organisation: string, invitation: string) {
  return useChange(() => accounts.revokeInvitation({ organisation, invitation }), of(organisation));
}

/** `token`: what stands after `#` in the link of the mail. */
export function useAcceptInvitation() {
  return useChange((token: string) => accounts.acceptInvitation({ token }), ['organisations'], ['session']);
}

export function useRoles(organisation: string) {
  return useQuery({
    queryKey: of(organisation, 'roles'),
    queryFn: ({ signal }) => accounts.listRoles({ organisation }, signal),
    select: ({ roles }) => roles,
  });
}

export function usePutRole(organisation: string) {
  return useChange(
    (input: { role: string; description: string; permissions: string[] }) =>
      accounts.putRole({ organisation, ...input }),
    of(organisation),
  );
}

export function useDeleteRole(organisation: string, role: string) {
  return useChange(() => accounts.deleteRole({ organisation, role }), of(organisation));
}
