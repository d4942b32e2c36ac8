import { useQuery } from '@tanstack/react-query';
import { accounts } from '../accounts-api.ts';
import { useChange, usePages } from './change.ts';

export function usePeople() {
  return usePages(['platform', 'people'], (pageToken, signal) => accounts.listPeople({ pageToken }, signal));
}

export function usePersonSessions(person: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['platform', 'sessions', person],
    queryFn: ({ signal }) => accounts.listPersonSessions({ person }, signal),
    select: ({ sessions }) => sessions,
    enabled: isWanted,
  });
}

export function useSignPersonOut(person: string) {
  return useChange(() => accounts.revokePersonSessions({ person }), ['platform', 'sessions', person]);
}

export function usePlatformOrganisations() {
  return usePages(['platform', 'organisations'], (pageToken, signal) =>
    accounts.listPlatformOrganisations({ pageToken }, signal),
  );
}

export function usePlatformMembers(organisation: string) {
  return usePages(['platform', 'members', organisation], (pageToken, signal) =>
    accounts.listPlatformMembers({ organisation, pageToken }, signal),
  );
}

export function usePlatformRoles(organisation: string) {
  return useQuery({
    queryKey: ['platform', 'roles', organisation],
    queryFn: ({ signal }) => accounts.listPlatformRoles({ organisation }, signal),
    select: ({ roles }) => roles,
  });
}

export function usePlatformAudit() {
  return usePages(['platform', 'audit'], (pageToken, signal) =>
    accounts.listPlatformAuditEntries({ pageToken }, signal),
  );
}
