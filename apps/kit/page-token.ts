import { z } from 'zod';

/**
 * Where a page ends: the time of its last row, to the microsecond as Postgres keeps it, and the row's id. Its pattern
 * says it all: a text that fits is a place, whether or not a row stands there.
 */
export const pageToken = z
  .templateLiteral([z.iso.datetime({ precision: 6, offset: false }), '_', z.guid()])
  .refine((token) => !token.startsWith('0000'), 'there is no year 0');

/** SQL for the first half of a token, from a column of timestamptz. */
export function tokenTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

export function tokenOf(at: string, id: string): string {
  return `${at}_${id}`;
}

/** The time and the id in a token that was checked; neither without one. */
export function placeOf(token: string | undefined): [at: string, id: string] | [null, null] {
  if (token === undefined) return [null, null];
  const [at = '', id = ''] = token.split('_');
  return [at, id];
}
