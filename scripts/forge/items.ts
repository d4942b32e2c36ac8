import { z } from 'zod';
import { askForge } from './ask.ts';

/** A list of a forge that comes in pages. */
export interface ForgeList<S extends z.ZodType> {
  /** Address, without a query. */
  list: string;
  /** What is asked for, without page and size. */
  query?: Readonly<Record<string, string>>;
  /** Parameter for the size of a page, and the largest size that the forge gives. */
  size: readonly [name: 'per_page' | 'limit', count: number];
  headers: Record<string, string>;
  /** Schema of an item. */
  item: S;
  /** As in `ForgeRequest`. */
  soFar?: string;
}

/** The items of all pages of a list. */
export async function* itemsOf<S extends z.ZodType>({
  list,
  query = {},
  size: [name, count],
  headers,
  item,
  soFar = '',
}: ForgeList<S>): AsyncGenerator<z.output<S>> {
  let before = '';
  for (let page = 1; ; page++) {
    const asked = new URLSearchParams({ ...query, [name]: String(count), page: String(page) });
    const found = await askForge('GET', `${list}?${asked}`, { headers, answer: z.array(item), soFar });
    const first = JSON.stringify(found[0]);
    // Gitea has all comments in one page, and gives it again for each number.
    if (found.length === 0 || first === before) return;
    yield* found;
    if (found.length < count) return;
    before = first;
  }
}
