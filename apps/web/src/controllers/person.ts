import { useQuery } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { accounts } from '../accounts-api.ts';
import { useChange } from './change.ts';

const account = z.object({
  account: z.object({ email: z.string(), name: z.string(), verified: z.array(z.string()) }),
});

/** Everything that is kept about the person, and the account out of it. */
export function usePersonData() {
  return useQuery({
    queryKey: ['person'],
    queryFn: ({ signal }) => accounts.exportPerson({}, signal),
    select: ({ document }) => ({ document, ...z.parse(account, document) }),
  });
}

export function useDeletePerson() {
  return useChange((input: { email: string }) => accounts.deletePerson(input));
}
