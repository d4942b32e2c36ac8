import { useQuery } from '@tanstack/react-query';
import { accounts } from '../accounts-api.ts';
import { useChange } from './change.ts';

const dayMs = 86_400_000;

export function useApiKeys(organisation: string) {
  return useQuery({
    queryKey: ['organisation', organisation, 'keys'],
    queryFn: ({ signal }) => accounts.listApiKeys({ organisation }, signal),
    select: ({ keys }) => keys,
  });
}

/** `days`: until the key ends. */
export function useCreateApiKey(organisation: string) {
  return useChange(
    ({ days, ...input }: { name: string; scopes: string[]; days: number }) =>
      accounts.createApiKey({
        organisation,
        ...input,
        // A minute less: a year from now is refused where the clock here is ahead.
        expiresAt: new Date(Date.now() + days * dayMs - 60_000).toISOString(),
      }),
    ['organisation', organisation],
  );
}

export function useRevokeApiKey(organisation: string, key: string) {
  return useChange(() => accounts.revokeApiKey({ organisation, key }), ['organisation', organisation]);
}
