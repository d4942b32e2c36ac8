import { expect, it } from 'vitest';
import { RecentLines } from './recent-lines.ts';

const line = (time: string, message: string, pod = 'orders-1') => ({ time, message, pod, fields: {} });

it('takes each line once, by time, pod and message', () => {
  const recent = new RecentLines();
  const given = [
    line('2026-01-01T00:00:00.000000001Z', 'a'),
    line('2026-01-01T00:00:00.000000001Z', 'b'),
    line('2026-01-01T00:00:00.000000001Z', 'a', 'orders-2'),
    line('2026-01-01T00:00:00.000000002Z', 'a'),
    line('2026-01-01T00:00:00.000000001Z', 'a'),
  ];
  expect(given.map((each) => recent.add(each))).toEqual([true, true, true, true, false]);
});

it('forgets the oldest lines', () => {
  const recent = new RecentLines(2);
  for (const message of ['a', 'b', 'c']) recent.add(line('t', message));
  expect(recent.add(line('t', 'c'))).toBe(false);
  expect(recent.add(line('t', 'a'))).toBe(true);
});
