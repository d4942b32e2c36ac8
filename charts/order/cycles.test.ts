import { expect, it } from 'vitest';
import { findCycles } from './cycles.ts';

it('returns cycles starting at their smallest name', () => {
  expect(
    findCycles(
      new Map([
        ['c', ['b']],
        ['b', ['a']],
        ['a', ['c']],
        ['d', ['a']],
      ]),
    ),
  ).toEqual([['a', 'c', 'b']]);
  expect(findCycles(new Map([['a', ['a']]]))).toEqual([['a']]);
  expect(
    findCycles(
      new Map([
        ['a', ['b']],
        ['b', []],
      ]),
    ),
  ).toEqual([]);
});
