import type { InfiniteData, UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { Problem } from './problem.tsx';

interface LoadedProps<Data> {
  query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>;
  children: (data: Data) => ReactNode;
}

/** Shows what was asked for; until then that it loads, or why it does not. An older answer stays while a newer one fails. */
export function Loaded<Data>({ query: { data, error, refetch }, children }: LoadedProps<Data>) {
  return (
    <>
      {error !== null && (
        <>
          <Problem error={error} />
          <Button onPress={() => void refetch()}>Try again</Button>
        </>
      )}
      {data !== undefined && children(data)}
      {data === undefined && error === null && <p role="status">Loading…</p>}
    </>
  );
}

interface PagedProps<Item, Answer> {
  pages: UseInfiniteQueryResult<InfiniteData<Answer>>;
  items: (page: Answer) => readonly Item[];
  /** Said where there is nothing. */
  none: string;
  children: (items: Item[]) => ReactNode;
}

/** A list that comes page by page, with a button for the next one. */
export function Paged<Item, Answer>({ pages, items, none, children }: PagedProps<Item, Answer>) {
  return (
    <Loaded query={pages}>
      {(data) => {
        const all = data.pages.flatMap(items);
        return (
          <>
            {all.length === 0 ? <p>{none}</p> : children(all)}
            {pages.hasNextPage && (
              <Button isPending={pages.isFetchingNextPage} onPress={() => void pages.fetchNextPage()}>
                Show more
              </Button>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
