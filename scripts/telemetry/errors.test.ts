import { expect, it } from 'vitest';
import { errorsQl, printErrors } from './errors.ts';

it('groups error lines that differ only in numbers and identifiers, the newest first', () => {
  expect(errorsQl({ app: 'orders', since: '1d' }, 5)).toBe(
    '_time:1d {"k8s.namespace.name"="orders"} severity_number:>=17' +
      ' | collapse_nums at _msg prettify' +
      ' | stats by ("k8s.namespace.name", _msg) count() as count, min(_time) as first, max(_time) as last, max(trace_id) as trace' +
      ' | sort by (last desc) | limit 5',
  );
});

it('prints one line per group, whatever its message contains', () => {
  const group = {
    app: 'orders',
    message: 'order <N> failed:\n  refused',
    count: 12,
    first: '2026-03-01T08:00:00.123Z',
    last: '2026-03-01T09:00:00.123Z',
    trace: '',
  };
  expect(printErrors([group]).split('\n')).toEqual([
    'COUNT   FIRST                 LAST                  APP      TRACE   MESSAGE',
    '12      2026-03-01T08:00:00   2026-03-01T09:00:00   orders   -       order <N> failed: refused',
  ]);
  expect(printErrors([])).toBe('no errors');
});
