import { type ApiServer, getJson } from './api.ts';
import { poll } from './poll.ts';

/** Metrics of an app: one value per minute of the last hour, oldest first; undefined if missing. */
export interface AppSignals {
  name: string;
  /** Per second. */
  requests: Plot;
  /** Share of requests, from 0 to 1. */
  failed: Plot;
  /** 95th percentile, in seconds. */
  slow: Plot;
  /** Bytes, sum of all pods. */
  memory: Plot;
}

export type Plot = (number | undefined)[];

/** Series that Prometheus records for each app (`charts/observability/queries.ts`, `appSeries`). */
export const series = {
  requests: 'app:requests:rate5m',
  failed: 'app:failed_requests:ratio5m',
  slow: 'app:duration_seconds:p95_5m',
  memory: 'app:memory_bytes:sum',
} as const;

const kinds = Object.keys(series) as (keyof typeof series)[];

export const minutes = 60;

/** The fields of Prometheus's answer to a range query that are read ('HTTP API', 'Range queries'). */
interface Answer {
  data?: { result?: { metric?: Record<string, string>; values?: [number, string][] }[] };
}

/** The newest signals of every app. */
export interface Signals {
  /** By the name of the app. */
  apps: ReadonlyMap<string, AppSignals>;
  /** Reason why signals are missing or outdated; empty while Prometheus answers. */
  trouble: string;
}

/**
 * Queries Prometheus every half minute until the signal, and calls `onChange` after each answer.
 */
export function watchSignals(
  prometheus: ApiServer,
  onChange: () => void,
  signal: AbortSignal,
  everyMs = 30_000,
): Signals {
  return poll<Signals>(
    { apps: new Map(), trouble: '' },
    async () => {
      const end = Math.floor(Date.now() / 60_000) * 60;
      const answer = await getJson(prometheus, rangeQuery(end), signal);
      return { apps: read(answer as Answer, end) };
    },
    { onChange, signal, everyMs },
  );
}

function rangeQuery(end: number): string {
  const query = `{__name__=~"${Object.values(series).join('|')}",app!=""}`;
  const range = { query, start: `${end - (minutes - 1) * 60}`, end: `${end}`, step: '60' };
  return `/api/v1/query_range?${new URLSearchParams(range)}`;
}

function read(answer: Answer, end: number): Map<string, AppSignals> {
  const apps = new Map<string, AppSignals>();
  const first = end - (minutes - 1) * 60;
  for (const { metric = {}, values = [] } of answer.data?.result ?? []) {
    const kind = kinds.find((each) => series[each] === metric.__name__);
    if (kind === undefined || metric.app === undefined) continue;
    const app = apps.get(metric.app) ?? empty(metric.app);
    apps.set(metric.app, app);
    for (const [at, text] of values) {
      const value = Number(text);
      const minute = Math.round((at - first) / 60);
      if (Number.isFinite(value) && minute >= 0 && minute < minutes) app[kind][minute] = value;
    }
  }
  return apps;
}

function empty(name: string): AppSignals {
  const plot = (): Plot => Array.from({ length: minutes }, () => undefined);
  return { name, requests: plot(), failed: plot(), slow: plot(), memory: plot() };
}
