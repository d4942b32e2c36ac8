import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { accounts } from '../accounts-api.ts';
import { noteShownFor, revalidate } from '../revalidation.ts';

/** Milliseconds after which every replica of the sign-in's proxy acts by a change. */
const settledMs = 2_000;

/** Acts as a person from now on. */
export function useBeginImpersonation(person: string) {
  return useOtherPerson((input: { reason: string }) => accounts.beginImpersonation({ person, ...input }));
}

/** Acts as nobody else any more. */
export function useEndImpersonation() {
  return useOtherPerson(() => accounts.endImpersonation({}));
}

/** A change after which the session is that of another person, whose first page is opened then. */
function useOtherPerson<Input = void>(send: (input: Input) => Promise<unknown>) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (input: Input) => {
      await send(input);
      // Requests of this page are those of the other person from here on.
      noteShownFor(undefined);
      await new Promise((done) => setTimeout(done, settledMs));
      await revalidate();
      await navigate('/organisations');
      await client.resetQueries();
    },
  });
}
