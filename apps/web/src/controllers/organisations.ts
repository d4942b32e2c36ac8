import { useQuery } from '@tanstack/react-query';
import { accounts } from '../accounts-api.ts';
import { useChange, usePages } from './change.ts';

const all = ['organisations'];
const of = (organisation: string, ...parts: string[]) => ['organisation', organisation, ...parts];

export function useOrganisations() {
  return useQuery({
    queryKey: all,
    queryFn: ({ signal }) => accounts.listOrganisations({}, signal),
    select: ({ organisations }) => organisations,
  });
}

export function useOrganisation(organisation: string) {
  return useQuery({
    queryKey: of(organisation, 'itself'),
    queryFn: ({ signal }) => accounts.getOrganisation({ organisation }, signal),
    select: (answer) => answer.organisation,
  });
}

export function useCreateOrganisation() {
  return useChange((input: { name: string }) => accounts.createOrganisation(input), all, ['session']);
}

export function useUpdateOrganisation(organisation: string) {
  return useChange(
    (input: { name: string; auditDays: number }) => accounts.updateOrganisation({ organisation, ...input }),
    all,
    of(organisation),
  );
}

export function useDeleteOrganisation(organisation: string) {
  return useChange(() => accounts.deleteOrganisation({ organisation }), all);
}

export function useAudit(organisation: string) {
  return usePages(of(organisation, 'audit'), (pageToken, signal) =>
    accounts.listAuditEntries({ organisation, pageToken }, signal),
  );
}
