import { expect, it } from 'vitest';
import { judge } from './program/judgement.ts';

const limit = { most: 1, from: 10 };

it.each([
  ['few failed requests', [9, 9], [0, 100], 'quiet'],
  ['each request failed', [10, 10], [0, 30], 'worse'],
  ['a tenth failed, and none of the old pods', [10, 100], [0, 300], 'worse'],
  ['all fail, the old ones too', [50, 50], [150, 150], 'alike'],
  ['the old pods fail as many', [15, 100], [40, 300], 'alike'],
  ['one percent more, by chance', [22, 1_000], [30, 3_000], 'alike'],
  ['one percent more, of many', [2_500, 100_000], [3_000, 300_000], 'worse'],
  ['fewer than the limit, of many', [1_900, 100_000], [3_000, 300_000], 'alike'],
  ['no requests of the old pods', [10, 10], [0, 0], 'alike'],
  ['one request of the old pods', [10, 20], [0, 1], 'alike'],
] as const)('%s', (_, [failed, all], [oldFailed, oldAll], expected) => {
  expect(judge({ failed, all }, { failed: oldFailed, all: oldAll }, limit)).toBe(expected);
});
