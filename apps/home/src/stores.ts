import type { ApiServer } from './api.ts';

/** A store of log lines or traces, and the name of its program. */
export interface SignalStore extends ApiServer {
  program: string;
}

/** The stores that the edges `metrics`, `logs` and `traces` of app.ts lead to; empty without observability. */
export interface Stores {
  metrics?: ApiServer;
  logs?: SignalStore;
  traces?: SignalStore;
  /** Address of the collector, which takes spans by OTLP over HTTP. */
  collector?: string;
}

/** The stores by the variables that the edges set. */
export function storesOf(env: NodeJS.ProcessEnv): Stores {
  const logs = signalStore(env.LOGS_URL, env.LOGS_STORE, env.LOGS_IDENTITY_DIR);
  const traces = signalStore(env.TRACES_URL, env.TRACES_STORE, env.TRACES_IDENTITY_DIR);
  return {
    ...(env.METRICS_URL ? { metrics: { url: env.METRICS_URL } } : {}),
    ...(logs ? { logs } : {}),
    ...(traces ? { traces } : {}),
    ...(env.OTEL_EXPORTER_OTLP_ENDPOINT ? { collector: env.OTEL_EXPORTER_OTLP_ENDPOINT } : {}),
  };
}

function signalStore(
  url: string | undefined,
  program: string | undefined,
  identity: string | undefined,
): SignalStore | undefined {
  if (!url || !program) return undefined;
  return { url, program, ...(identity ? { identity } : {}) };
}
