import { ApiError, getJson, getText } from '../api.ts';
import { errorGroup, errorsQl } from '../errors/error-groups.ts';
import type { SignalStore, Stores } from '../stores.ts';
import { type ProbeRequest, probeName } from './telemetry.ts';

/** What a request leaves behind. */
export type ProbedSignal = 'metric' | 'trace' | 'log' | 'error';

/** A question to a store: whether a request is found there by its link. */
export type Search = (request: ProbeRequest, signal: AbortSignal) => Promise<boolean>;

/** The app, which is the namespace of its log lines, and the service of its spans. */
export interface Probed {
  app: string;
  service: string;
}

/** A search for each signal whose store the app reads. */
export function searches(stores: Stores, probed: Probed): Partial<Record<ProbedSignal, Search>> {
  const { metrics, traces, logs } = stores;
  const found: Partial<Record<ProbedSignal, Search>> = {};
  if (metrics !== undefined) found.metric = exemplarIn(metrics, probed);
  if (traces !== undefined) found.trace = traceIn(traces);
  if (logs?.program === 'victoria-logs') {
    found.log = lineInVictoriaLogs(logs, probed);
    found.error = errorInVictoriaLogs(logs, probed);
  } else if (logs !== undefined) {
    found.log = lineInLoki(logs, probed, '');
    found.error = lineInLoki(logs, probed, ' | detected_level="error"');
  }
  return found;
}

/** From the histogram to the trace: its exemplar names it (Prometheus, 'HTTP API', 'Querying exemplars'). */
function exemplarIn(metrics: NonNullable<Stores['metrics']>, { service }: Probed): Search {
  return async ({ trace, start }, signal) => {
    const series = `traces_span_metrics_duration_seconds_bucket{service_name="${service}",span_name="${probeName}"}`;
    const range = { query: series, start: seconds(start - 60_000), end: seconds(Date.now()) };
    const answer = await getText(metrics, `/api/v1/query_exemplars?${new URLSearchParams(range)}`, signal);
    return answer.includes(`"trace_id":"${trace}"`);
  };
}

/** From an identifier to the trace: Jaeger and Tempo have it at the same path, and say 404 where they do not. */
function traceIn(store: SignalStore): Search {
  return async ({ trace, span }, signal) => {
    try {
      const answer = await getText(store, `/api/traces/${trace}`, signal);
      // Tempo writes identifiers of spans in base64.
      return store.program !== 'jaeger' || answer.includes(`"spanID":"${span}"`);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  };
}

/** From the trace to its lines, and from the line to its span. */
function lineInVictoriaLogs(store: SignalStore, { app }: Probed): Search {
  return async ({ trace, span }, signal) => {
    const query = `{"k8s.namespace.name"=${JSON.stringify(app)}} trace_id:=${JSON.stringify(trace)} | limit 10`;
    const lines = await getText(store, `/select/logsql/query?${new URLSearchParams({ query })}`, signal);
    return lines.includes(`"span_id":"${span}"`);
  };
}

/** From the group of errors to the trace of its newest line, which may be that of a later request. */
function errorInVictoriaLogs(store: SignalStore, { app }: Probed): Search {
  return async ({ start }, signal) => {
    const query = errorsQl({ app, since: '10m', within: '10m', limit: 1, synthetic: true });
    const answer = await getText(store, `/select/logsql/query?${new URLSearchParams({ query })}`, signal);
    const [line = ''] = answer.split('\n');
    if (line === '') return false;
    const { last, trace } = errorGroup(line);
    return Date.parse(last) >= Math.floor(start) && trace !== '';
  };
}

/** Lines of a trace by LogQL: the namespace is a label, the trace structured metadata (Loki, 'Query', 'Log queries'). */
function lineInLoki(store: SignalStore, { app }: Probed, more: string): Search {
  return async ({ trace, start }, signal) => {
    const query = `{k8s_namespace_name=${JSON.stringify(app)}} | trace_id=${JSON.stringify(trace)}${more}`;
    const range = { query, start: `${seconds(start - 60_000)}`, end: seconds(Date.now()), limit: '10' };
    const path = `/loki/api/v1/query_range?${new URLSearchParams(range)}`;
    const answer = (await getJson(store, path, signal)) as { data?: { result?: unknown[] } };
    return (answer.data?.result ?? []).length > 0;
  };
}

/** Seconds since 1970, as the HTTP APIs of Prometheus and Loki take them. */
function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3);
}
