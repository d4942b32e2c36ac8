import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { burnIns, printAlerts, printBurnIns } from './alerts.ts';
import type { Store } from './store.ts';

/** A Prometheus that knows the answers to the two queries. */
const server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams.get('query') ?? '';
  const samples = query.startsWith('app:objective:since')
    ? [[{ app: 'orders', objective: '99.5 % within 500ms' }, '1767225600']]
    : [
        [{ app: 'orders', severity: 'page' }, '3'],
        [{ app: 'jobs', severity: 'page' }, '9'],
      ];
  const result = samples.map(([metric, value]) => ({ metric, value: [0, value] }));
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
});
let store: Store;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  store = { name: 'prometheus', options: { host: '127.0.0.1', port }, close: () => {} };
});
afterAll(() => server.close());

it('says of an objective in its first week when that ends, and how often its alerts would have told people', async () => {
  const found = await burnIns(store);
  expect(found).toEqual([
    {
      app: 'orders',
      objective: '99.5 % within 500ms',
      until: '2026-01-08T00:00:00.000Z',
      fired: { page: 3 },
    },
  ]);
  expect(printBurnIns(found)).toEqual([
    '',
    'NEW OBJECTIVE   PROMISE               TELLS NOBODY UNTIL   WOULD HAVE SENT',
    'orders          99.5 % within 500ms   2026-01-08T00:00     3 × page',
  ]);
  expect(printBurnIns([])).toEqual([]);
});

it('shows an alert that burns in, and another that fires, by different words', () => {
  const alert = (labels: Record<string, string>) => ({
    labels: { alertname: 'ErrorBudgetBurns', severity: 'page', ...labels },
    annotations: { summary: 'It burns.', runbook: 'docs/runbooks.md#errorbudgetburns' },
    state: 'firing' as const,
    activeAt: '2026-01-01T00:00:00Z',
  });
  const printed = printAlerts([alert({ burn_in: 'true' }), alert({ burn_in: 'false' })]);
  const states = stripVTControlCharacters(printed)
    .split('\n')
    .slice(1, 3)
    .map((line) => line.split('  ')[0]);
  expect(states).toEqual(['burns in', 'firing']);
});

it('prints the evidence of an alert below the list', () => {
  const printed = printAlerts([
    {
      labels: { alertname: 'ErrorBudgetBurns', severity: 'page' },
      annotations: { summary: 'It burns.', evidence: 'Failed most: PlaceOrder\nTraces: npm run trace' },
      state: 'firing',
      activeAt: '2026-01-01T00:00:00Z',
    },
  ]);
  expect(printed.split('\n').slice(2)).toEqual([
    '',
    'It burns.',
    '  Failed most: PlaceOrder',
    '  Traces: npm run trace',
  ]);
});
