import { z } from 'zod';

/**
 * End of a page: the time of its last row in microseconds, as in Postgres, and the row's id. Any text that
 * matches the pattern is a valid position, even without such a row.
 */
export const pageToken = z
  .templateLiteral([z.iso.datetime({ precision: 6, offset: false }), '_', z.guid()])
  .refine((token) => !token.startsWith('0000'), 'there is no year 0');

/** SQL for the first part of a token, from a timestamptz column. */
export function tokenTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

export function tokenOf(at: string, id: string): string {
  return `${at}_${id}`;
}

/** Time and id of a validated token; neither without a token. */
export function placeOf(token: string | undefined): [at: string, id: string] | [null, null] {
  if (token === undefined) return [null, null];
  const [at = '', id = ''] = token.split('_');
  return [at, id];
}

/** One page of rows of which one more was asked for than it has; `place`: by `tokenTime`. The token is '' on the last page. */
export function pageOf<Row extends { place: string; id: string }>(
  rows: readonly Row[],
  pageSize: number,
): { page: Row[]; nextPageToken: string } {
  const page = rows.slice(0, pageSize);
  const last = page.at(-1);
  const more = rows.length > pageSize && last !== undefined;
  return { page, nextPageToken: more ? tokenOf(last.place, last.id) : '' };
}
