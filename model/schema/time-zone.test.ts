import { expect, it } from 'vitest';
import { timeZone } from './time-zone.ts';

it.each([
  'UTC',
  'Asia/Kolkata',
  'Asia/Calcutta',
  'Europe/Kyiv',
  'America/Argentina/Buenos_Aires',
  'Etc/GMT+3',
  'GB',
])('%s is a time zone', (name) => {
  expect(timeZone.safeParse(name).error).toBeUndefined();
});

it.each([
  ['europe/berlin', "write 'Europe/Berlin'"],
  ['Asia/kolkata', "write 'Asia/Kolkata'"],
  ['Local', "write a time zone such as 'Europe/Berlin' or 'UTC'"],
  ['+01:00', "write a time zone such as 'Europe/Berlin' or 'UTC'"],
  // ICU knows it, and Go does not.
  ['IST', "write a time zone such as 'Europe/Berlin' or 'UTC'"],
  ['SystemV/AST4', "write a time zone such as 'Europe/Berlin' or 'UTC'"],
])('%s is refused: %s', (name, fix) => {
  expect(timeZone.safeParse(name).error?.issues).toEqual([expect.objectContaining({ params: { fix } })]);
});
