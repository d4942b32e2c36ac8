import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  dashboard,
  lineRates,
  lines,
  marks,
  plot,
  row,
  value,
} from '../../charts/observability/dashboards.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { dashboardFiles } from '../../operators/grafana/chart.ts';
import { exemplarTrace, FakeStores } from '../../test/observability/fake-stores.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import type { DashboardData } from './dashboard-data.ts';
import { dashboardPages } from './dashboard-pages.ts';
import { dashboardData } from './panel-data.ts';
import { type DashboardView, viewOf } from './panels.ts';
import { rangeOf, withWindow } from './time-range.ts';
import { unitText } from './unit-text.ts';

const selector = '{k8s_namespace_name="orders"}';
const built = dashboard('orders <b>', 'orders', 'Takes orders.')
  .annotation(marks('Releases', 'Release {{image_tag}}', 'changes(x[$__rate_interval])'))
  .withRow(row('Requests'))
  .withPanel(plot('Rate', 'By kind.', 'reqps', [['rate(x[$__rate_interval])', '{{span_name}} {{none}}']]))
  .withPanel(plot('Duration', 'Latency.', 's', [['slow', '95 %']], { exemplars: true, span: 12 }))
  .withRow(row('Now'))
  .withPanel(value('Nodes', 'Ready.', 'short', ['nodes', '{{node}}']))
  .withPanel(lineRates('By level', 'Lines per second.', selector))
  .withPanel(lines('Newest', 'Lines.', selector));
const view = viewOf({ folder: 'Apps', name: 'orders', dashboard: built.build() });
const range = rangeOf('15m', 1_000_000_007);

let stores: FakeStores;
beforeAll(async () => {
  stores = await FakeStores.start();
});
afterAll(() => stores.stop());
beforeEach(() => {
  stores.asked.length = 0;
  stores.status = 200;
});

describe('a dashboard of Grafana', () => {
  it('is read by sections, with the queries of Prometheus', () => {
    expect(view).toMatchObject({
      title: 'orders <b>',
      marks: [{ title: 'Release {{image_tag}}' }],
      sections: [
        { title: 'Requests', panels: [{ kind: 'plot' }, { kind: 'plot', width: 12, exemplars: true }] },
        {
          title: 'Now',
          panels: [{ kind: 'value' }, { kind: 'level-rates', queries: [] }, { kind: 'lines' }],
        },
      ],
    });
  });

  it('is refused if it has a kind of panel that the page cannot show', () => {
    const { panels = [], ...rest } = built.build();
    const strange = { ...rest, panels: [{ ...panels[1], type: 'piechart' }] };
    expect(() => viewOf({ folder: 'Apps', name: 'x', dashboard: strange as never })).toThrow(/Invalid/);
  });

  it('can be shown with every query and unit, in each environment of this repository', async () => {
    const { environments } = await loadGraph(repositoryRoot);
    const views = environments.flatMap((env) => dashboardFiles(env).map(viewOf));
    expect(views.map(({ name }) => name)).toEqual(expect.arrayContaining(['platform', 'orders']));
    const panels = views.flatMap(({ sections }) => sections.flatMap((section) => section.panels));
    expect(panels.filter(({ queries, kind }) => queries.length === 0 && /plot|value/.test(kind))).toEqual([]);
    const exprs = [...panels.flatMap(({ queries }) => queries), ...views.flatMap((each) => each.marks)];
    expect(exprs.filter(({ expr }) => withWindow(expr, range).includes('$__'))).toEqual([]);
    expect([...new Set(panels.map(({ unit }) => unitText(unit, 0.5)))]).not.toContain('');
  });
});

describe('the values of a dashboard', () => {
  it('are those of all stores, at the times of the range', async () => {
    const { panels, marks: marked } = await dashboardData(view, stores.light, range);
    expect(range).toEqual({ from: 999_999_105, to: 1_000_000_005, step: 15 });
    const [rate, duration, nodes, levels, newest] = panels;
    expect(rate).toMatchObject({ kind: 'plot', unit: 'reqps', exemplars: [] });
    const { series } = rate as Extract<typeof rate, { kind: 'plot' }>;
    expect(series.map(({ label, values }) => [label, values.length])).toEqual([
      ['GET /orders ', 61],
      ['POST /orders ', 61],
    ]);
    // No requests yet, and no series yet.
    expect(series.map(({ values }) => values.findIndex((each) => each !== null))).toEqual([1, 31]);
    expect(duration).toMatchObject({
      exemplars: [{ time: range.from + 30 * 15, value: 1.5, trace: exemplarTrace }],
    });
    expect(nodes).toEqual({ kind: 'value', unit: 'short', values: [{ label: 'one', value: 3 }] });
    expect(newest).toMatchObject({
      lines: [{ text: expect.stringContaining('second'), trace: exemplarTrace }, { text: expect.anything() }],
    });
    expect(marked).toEqual([
      { time: range.from + 15, title: 'Release abc' },
      { time: range.from + 31 * 15, title: 'Release def' },
    ]);
    const byLevel = (levels as Extract<typeof levels, { kind: 'plot' }>).series;
    expect(byLevel.map(({ label }) => label)).toEqual(['no level', 'info', 'error']);
    const [none, info] = byLevel.map(({ values }) => values.at(-1) ?? 0);
    // Two numbers are of that level.
    expect(info).toBeCloseTo(2 * (none ?? 0));
  });

  it('are asked with the window of Grafana and the lines of the app', async () => {
    await dashboardData(view, stores.light, range);
    expect(stores.queries('/api/v1/query_range')).toEqual(
      expect.arrayContaining(['rate(x[120s])', 'changes(x[120s])', 'slow']),
    );
    expect(withWindow('x[$__rate_interval]', rangeOf('7d', 0))).toBe('x[2550s]');
    expect(stores.queries('/select/logsql/stats_query_range')[0]).toContain(
      '{"k8s.namespace.name"="orders"}',
    );
  });

  it('have the reason where a query fails', async () => {
    stores.status = 503;
    const unmarked: DashboardView = { ...view, marks: [] };
    const { panels } = await dashboardData(unmarked, stores.light, range);
    expect(panels).toHaveLength(5);
    for (const panel of panels)
      expect(panel).toMatchObject({ kind: 'error', message: expect.stringContaining('took too long') });
  });
});

describe('the pages of dashboards', () => {
  let server: Server;
  let address = '';
  beforeAll(async () => {
    server = createServer(await dashboardPages([view], stores.light));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('list them, and escape what descriptions say', async () => {
    const answer = await fetch(`${address}/dashboards`);
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await answer.text()).toContain('<a href="/dashboards/orders">orders &lt;b&gt;</a> Takes orders.');
  });

  it('have the script and the styles that they name', async () => {
    const page = await (await fetch(`${address}/dashboards/orders`)).text();
    expect(page).toContain('<h3>Duration</h3>');
    for (const [, path] of page.matchAll(/(?:src|href)="(\/dashboard\.[a-z]+)"/g))
      expect((await (await fetch(`${address}${path}`)).text()).length).toBeGreaterThan(1_000);
  });

  it('get the values of the time that was chosen', async () => {
    const asked = async (since: string): Promise<DashboardData> =>
      (await fetch(`${address}/dashboards/orders/data?since=${since}`)).json() as Promise<DashboardData>;
    const { from, to } = await asked('6h');
    expect(to - from).toBe(6 * 3_600);
    expect((await asked('9y')).step).toBe(15);
  });

  it('are not found under another name, and say that a store does not answer', async () => {
    expect((await fetch(`${address}/dashboards/nobody`)).status).toBe(404);
    stores.status = 500;
    const failed = await fetch(`${address}/dashboards/orders/data`);
    expect([failed.status, await failed.text()]).toEqual([502, expect.stringContaining('answered 500')]);
  });
});

it.each([
  ['reqps', 0, '0/s'],
  ['reqps', 12_345, '12.3 k/s'],
  ['percentunit', 0.00512, '0.512 %'],
  ['bytes', 3_145_728, '3 MiB'],
  ['bytes', 12, '12 B'],
  ['s', 0, '0 s'],
  ['s', 0.000_004_2, '4.2 µs'],
  ['s', 0.25, '250 ms'],
  ['s', 90, '90 s'],
  ['dtdurations', 7_776_000, '90 d'],
  ['s', 7_200, '2 h'],
  ['s', 600, '10 min'],
  ['short', 3, '3'],
  ['ops', 0.1, '0.1/s'],
])('a value in %s: %d is %s', (unit, number, text) => {
  expect(unitText(unit, number)).toBe(text);
});
