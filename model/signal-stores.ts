import type { App } from './app.ts';
import type { Cluster } from './schema/cluster.ts';

/** A signal that an app reads by an edge of that kind. */
export type ReadSignal = 'metrics' | 'logs' | 'traces';

/** An operator that stores a signal. */
interface StoreOfSignal {
  operator: string;
  /**
   * How its API for queries is served, by a certificate of the operator's authority: `mutual` asks for a certificate of the caller, `tls` for none.
   * Absent for plain HTTP.
   */
  server?: 'mutual' | 'tls';
}

const prometheus = { operator: 'prometheus' };

/** The operators that store the signals, by `observability.store` of cluster.yaml. */
const stores = {
  light: {
    metrics: prometheus,
    logs: { operator: 'victoria-logs', server: 'tls' },
    // Its port for queries is plain HTTP; only the one for spans has TLS.
    traces: { operator: 'jaeger' },
  },
  grafana: {
    metrics: prometheus,
    logs: { operator: 'loki', server: 'mutual' },
    traces: { operator: 'tempo', server: 'mutual' },
  },
} as const satisfies Record<string, Record<ReadSignal, StoreOfSignal>>;

/** The store of a signal; undefined with `observability: off`. */
export function storeOfSignal(
  { observability }: Pick<Cluster, 'observability'>,
  signal: ReadSignal,
): StoreOfSignal | undefined {
  return observability === 'off' ? undefined : stores[observability.store][signal];
}

/** Whether an app has the edge to a signal. */
export function readsSignal({ uses }: Pick<App, 'uses'>, signal: ReadSignal): boolean {
  return uses.some(({ kind }) => kind === signal);
}

/** A signal that an app reads over TLS, from an operator. */
export interface SignalOverTls {
  signal: ReadSignal;
  operator: string;
  server: 'mutual' | 'tls';
}

/** The signals that an app reads from stores whose API has TLS. */
export function signalsOverTls(
  cluster: Pick<Cluster, 'observability'>,
  app: Pick<App, 'uses'>,
): SignalOverTls[] {
  return (['logs', 'traces'] as const).flatMap((signal) => {
    const store = storeOfSignal(cluster, signal);
    if (store?.server === undefined || !readsSignal(app, signal)) return [];
    return [{ signal, operator: store.operator, server: store.server }];
  });
}

/** The operators from which an app needs a certificate, to read signals. */
export function mutualSignalStores(
  cluster: Pick<Cluster, 'observability'>,
  app: Pick<App, 'uses'>,
): string[] {
  return signalsOverTls(cluster, app).flatMap(({ operator, server }) =>
    server === 'mutual' ? [operator] : [],
  );
}
