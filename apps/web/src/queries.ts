import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { RestRefusal } from '../../kit/rest-client.ts';
import { onRevalidated } from './revalidation.ts';
import { noteSessionEnd } from './session-end.ts';

/** Milliseconds for which an answer is shown without another request. */
const freshMs = 10_000;
/** Attempts of a read after the first one, where the server or the network failed. */
const retries = 2;

function noteError(error: Error): void {
  if (error instanceof RestRefusal && error.status === 401) noteSessionEnd(true);
}

/** Answers of the API, by the keys of `controllers/`. */
export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: noteError, onSuccess: () => noteSessionEnd(false) }),
  mutationCache: new MutationCache({ onError: noteError, onSuccess: () => noteSessionEnd(false) }),
  defaultOptions: {
    queries: {
      staleTime: freshMs,
      retry: (failed, error) => failed < retries && !(error instanceof RestRefusal && error.status < 500),
    },
  },
});

// Other rights show other things. What is being asked already is asked with them.
onRevalidated(() => void queries.invalidateQueries({}, { cancelRefetch: false }));
