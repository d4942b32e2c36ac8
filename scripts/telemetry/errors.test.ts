import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { errorGroup, errorsQl } from '../../apps/home/src/errors/error-groups.ts';
import { stateOf } from '../../apps/home/src/errors/error-state.ts';
import { printErrors, track } from './errors.ts';

it('groups lines of level error by message, what was thrown and where, the newest first, and counts those of the time that is asked for', () => {
  expect(errorsQl({ app: 'orders', since: '1d', limit: 5 }).split(' | ')).toEqual([
    '{"k8s.namespace.name"="orders"} severity_number:>=17 !"user_agent.synthetic.type":*',
    'extract_regexp "^(?P<thrown>[^\\\\n]+)" from error',
    'extract_regexp "\\\\n\\\\s+at (?P<place>[^\\\\n]+)" from error',
    'collapse_nums at _msg prettify',
    'collapse_nums at thrown prettify',
    'collapse_nums at place prettify',
    'stats by ("k8s.namespace.name", _msg, thrown, place) count() if (_time:1d) as count, min(_time) as first, max(_time) as last, row_max(_time, trace_id) if (trace_id:*) as newest, count_uniq(caller, user) as users, uniq_values("k8s.pod.name") limit 100 as pods',
    'filter count:>0',
    'sort by (last desc)',
    'limit 5',
  ]);
});

it('has the store read no line from before a time', () => {
  expect(errorsQl({ app: 'orders', since: '1d', within: '1d', limit: 5 })).toMatch(
    /^_time:1d \{"k8s\.namespace\.name"="orders"\} severity_number:>=17 /,
  );
});

it('leaves out the errors on purpose of synthetic requests, or has them alone', () => {
  expect(errorsQl({ since: '1d', limit: 5 })).toMatch(
    /^severity_number:>=17 !"user_agent.synthetic.type":\* \|/,
  );
  expect(errorsQl({ since: '1d', limit: 5, synthetic: true })).toMatch(
    /^severity_number:>=17 "user_agent.synthetic.type":\* \|/,
  );
});

it('reads a group as VictoriaLogs writes it, with the trace of its newest line', () => {
  const line = {
    'k8s.namespace.name': 'orders',
    _msg: 'order <N> failed',
    count: '12',
    first: '2026-03-01T08:00:00.123Z',
    last: '2026-03-01T09:00:00.123Z',
    newest: '{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}',
    users: '2',
    pods: '["orders-1"]',
  };
  expect(errorGroup(JSON.stringify(line))).toEqual({
    id: '2f7482ab',
    app: 'orders',
    message: 'order <N> failed',
    thrown: '',
    place: '',
    count: 12,
    first: '2026-03-01T08:00:00.123Z',
    last: '2026-03-01T09:00:00.123Z',
    trace: '4bf92f3577b34da6a3ce929d0e0e4736',
    users: 2,
    pods: ['orders-1'],
  });
  expect(errorGroup('{"count":"1"}')).toMatchObject({ app: '', trace: '', users: 0, pods: [] });
});

const group = {
  id: '1b4e28ba',
  app: 'orders',
  message: 'order <N> failed:\n  refused',
  thrown: '',
  place: '',
  count: 12,
  first: '2026-03-01T08:00:00.123Z',
  last: '2026-03-01T09:00:00.123Z',
  trace: '',
  users: 0,
  pods: ['orders-1', 'orders-2', 'orders-3'],
};
const resolved = (at: string) => ({ at, app: 'orders', message: 'order <N> failed' });

it('is new until it is resolved, resolved while no line comes, and regressed by the first line after that', () => {
  expect(stateOf(group.last, undefined)).toBe('new');
  expect(stateOf(group.last, resolved('2026-03-01T09:00:01Z'))).toBe('resolved');
  expect(stateOf(group.last, resolved('2026-03-01T09:00:00Z'))).toBe('regressed');
});

it('names the releases whose pods wrote it, each once', () => {
  const releases = new Map([
    ['orders/orders-1', 'v2'],
    ['orders/orders-2', 'v1'],
    ['orders/orders-3', 'v2'],
    ['jobs/orders-1', 'v9'],
  ]);
  expect(track(group, undefined, releases)).toMatchObject({ state: 'new', releases: ['v1', 'v2'] });
  expect(track(group, resolved('2026-03-02T00:00:00Z'), new Map())).toMatchObject({
    state: 'resolved',
    resolvedAt: '2026-03-02T00:00:00Z',
    releases: [],
  });
});

it('prints a group on a line, whatever its message holds', () => {
  const printed = printErrors([
    track({ ...group, thrown: 'Error: no', users: 3 }, resolved('2026-01-01T00:00:00Z'), new Map()),
  ]);
  expect(printed.split('\n').map(stripVTControlCharacters)).toEqual([
    'ID         STATE       COUNT   USERS   FIRST              LAST               APP      RELEASES   TRACE   MESSAGE',
    '1b4e28ba   regressed   12      3       2026-03-01T08:00   2026-03-01T09:00   orders   -          -       order <N> failed: refused: Error: no',
  ]);
  expect(printErrors([])).toBe('no errors');
});
