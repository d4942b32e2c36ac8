import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { type LogLine, printLine } from '../telemetry/log-line.ts';
import { levelOfSeverity, logsQl } from '../telemetry/log-query.ts';
import { logLines } from '../telemetry/logs.ts';
import { instant } from '../telemetry/metrics.ts';
import { jsonOf, type Store } from '../telemetry/store.ts';
import type { DashboardData, Exemplar, PanelData, PlotSeries, TimeRange } from './dashboard-data.ts';
import type { DashboardView, Panel } from './panels.ts';
import { withWindow } from './time-range.ts';

/** The stores of `store: light`. */
export interface LightStores {
  prometheus: Store;
  lines: Store;
}

/** Queries at the same time: each is a connection through the API server. */
const lanes = 6;

/** Log lines of a panel. */
const linesShown = 50;

/** Asks the stores for everything that a dashboard shows. A panel whose query fails has the reason instead. */
export async function dashboardData(
  view: DashboardView,
  stores: LightStores,
  range: TimeRange,
): Promise<DashboardData> {
  const queue = [...view.sections.flatMap((section) => section.panels).entries()];
  const found: PanelData[] = [];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [i, panel] = next;
      found[i] = await panelData(panel, view.name, stores, range).catch(failed);
    }
  };
  const [marks] = await Promise.all([
    marksOf(view, stores.prometheus, range),
    ...Array.from({ length: lanes }, lane),
  ]);
  return { ...range, panels: found, marks };
}

function failed(error: unknown): PanelData {
  return { kind: 'error', message: error instanceof Failure ? error.message : String(error) };
}

async function panelData(
  panel: Panel,
  name: string,
  { prometheus, lines }: LightStores,
  range: TimeRange,
): Promise<PanelData> {
  const { unit, queries, kind } = panel;
  if (kind === 'lines') return { kind, lines: (await newest(lines, name)).map(lineShown) };
  if (kind === 'level-rates')
    return { kind: 'plot', unit, series: await levelRates(lines, name, range), exemplars: [] };
  if (kind === 'value') {
    const values = await Promise.all(
      queries.map(async ({ expr, legend }) =>
        (await instant(prometheus, withWindow(expr, range))).map(({ labels, value }) => ({
          label: labelled(legend, labels),
          value,
        })),
      ),
    );
    return { kind, unit, values: values.flat() };
  }
  const [series, exemplars] = await Promise.all([
    Promise.all(queries.map(({ expr, legend }) => plotted(prometheus, expr, legend, range))),
    panel.exemplars ? exemplarsOf(prometheus, queries[0]?.expr ?? '', range) : [],
  ]);
  return { kind, unit, series: series.flat(), exemplars };
}

async function newest(store: Store, app: string): Promise<LogLine[]> {
  return (await logLines(store, { app, since: '1d' }, linesShown)).toReversed();
}

function lineShown(line: LogLine): { text: string; trace?: string } {
  return { text: printLine(line), ...(line.trace === undefined ? {} : { trace: line.trace }) };
}

const matrix = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

async function plotted(store: Store, expr: string, legend: string, range: TimeRange): Promise<PlotSeries[]> {
  const { from, to, step } = range;
  const answer = await jsonOf(store, '/api/v1/query_range', {
    query: withWindow(expr, range),
    ...{ start: `${from}`, end: `${to}`, step: `${step}` },
  });
  return seriesIn(answer, (labels) => labelled(legend, labels), range);
}

/** Log lines per second by level (VictoriaLogs, 'Querying log range stats'). */
async function levelRates(store: Store, app: string, range: TimeRange): Promise<PlotSeries[]> {
  const { from, to, step } = range;
  const answer = await jsonOf(store, '/select/logsql/stats_query_range', {
    query: `${logsQl({ app })} | stats by (severity_number) rate() lines`,
    ...{ start: `${from}`, end: `${to}`, step: `${step}s` },
  });
  const levels = new Map<string, PlotSeries>();
  // A level has four numbers.
  for (const { label, values } of seriesIn(answer, (labels) => labels.severity_number ?? '', range)) {
    const level = levelOfSeverity(Number(label)) ?? 'no level';
    const same = levels.get(level);
    if (same === undefined) levels.set(level, { label: level, values });
    else same.values = same.values.map((value, i) => sum(value, values[i] ?? null));
  }
  return [...levels.values()];
}

function sum(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}

function seriesIn(
  answer: unknown,
  label: (labels: Record<string, string>) => string,
  { from, to, step }: TimeRange,
): PlotSeries[] {
  const length = Math.floor((to - from) / step) + 1;
  return matrix.parse(answer).data.result.map(({ metric, values }) => {
    const placed: (number | null)[] = Array.from({ length }, () => null);
    for (const [time, text] of values) {
      const value = Number(text);
      const place = Math.round((time - from) / step);
      // A quantile without requests is NaN.
      if (Number.isFinite(value) && place >= 0 && place < length) placed[place] = value;
    }
    return { label: label(metric), values: placed };
  });
}

const exemplarAnswer = z.object({
  data: z.array(
    z.object({
      exemplars: z.array(
        z.object({
          labels: z.record(z.string(), z.string()),
          value: z.coerce.number(),
          timestamp: z.number(),
        }),
      ),
    }),
  ),
});

/** Requests of a histogram that have a trace (Prometheus, 'HTTP API', 'Querying exemplars'). */
async function exemplarsOf(store: Store, expr: string, range: TimeRange): Promise<Exemplar[]> {
  const { from, to } = range;
  const query = { query: withWindow(expr, range), start: `${from}`, end: `${to}` };
  const { data } = exemplarAnswer.parse(await jsonOf(store, '/api/v1/query_exemplars', query));
  return data.flatMap(({ exemplars }) =>
    exemplars.flatMap(({ labels: { trace_id: trace }, value, timestamp }) =>
      trace === undefined ? [] : [{ time: timestamp, value, trace }],
    ),
  );
}

/** The first value of each series that begins within the range. */
async function marksOf(
  { marks }: DashboardView,
  store: Store,
  range: TimeRange,
): Promise<DashboardData['marks']> {
  const found = await Promise.all(
    marks.map(async ({ title: legend, expr }) =>
      (await plotted(store, expr, legend, range)).flatMap(({ label, values }) => {
        const first = values.findIndex((value) => value !== null);
        // A version is the hash of its files.
        const title = label.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{20,}\b/g, '$1');
        return first < 0 ? [] : [{ time: range.from + first * range.step, title }];
      }),
    ),
  );
  return found.flat();
}

function labelled(legend: string, labels: Readonly<Record<string, string>>): string {
  return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => labels[name] ?? '');
}
