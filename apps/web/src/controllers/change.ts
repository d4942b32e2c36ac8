import {
  type QueryKey,
  type UseMutationResult,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';

/** A change at the API, after which the answers below these keys are asked for again. */
export function useChange<Answer, Input = void>(
  send: (input: Input) => Promise<Answer>,
  ...changed: QueryKey[]
): UseMutationResult<Answer, Error, Input> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async () => {
      await Promise.all(changed.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
}

/** A list that the API gives page by page. */
export function usePages<Page extends { nextPageToken: string }>(
  queryKey: QueryKey,
  fetchPage: (pageToken: string, signal: AbortSignal) => Promise<Page>,
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: '',
    getNextPageParam: ({ nextPageToken }) => (nextPageToken === '' ? undefined : nextPageToken),
  });
}
