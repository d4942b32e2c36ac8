import type { Cluster } from '../../model/schema/cluster.ts';
import { readCluster } from '../repository/read-cluster.ts';
import type { StoreName } from './store.ts';

/** Pages of signals. */
export const signals = ['dashboards', 'metrics', 'logs', 'traces', 'alerts'] as const;
export type Signal = (typeof signals)[number];

/** A page, and a hint before it opens. */
export interface Page {
  name: StoreName;
  path: string;
  note?: string;
  /** Paths to which it posts queries. Default: none. */
  posts?: RegExp;
  /** Whether it takes requests of all methods: Grafana has a login, and checks them itself. Default: only those that read. */
  writes?: true;
}

/** Queries of Prometheus that its page can post ('HTTP API'). */
const promQueries =
  /^\/api\/v1\/(query|query_range|query_exemplars|format_query|parse_query|series|labels)(\?|$)/;
/** Queries of VictoriaLogs ('HTTP API'): its page posts them. */
const logQueries = /^\/select\/logsql\/\w+(\?|$)/;

const light: Readonly<Record<Signal, Page>> = {
  metrics: { name: 'prometheus', path: '/graph', posts: promQueries },
  alerts: { name: 'prometheus', path: '/alerts', posts: promQueries },
  logs: { name: 'victoria-logs', path: '/select/vmui/', posts: logQueries },
  traces: { name: 'jaeger', path: '/' },
  dashboards: { name: 'jaeger', path: '/dashboards' },
};

const note =
  'Sign in as admin. Its password: kubectl -n grafana exec deploy/grafana -c grafana -- cat /var/lib/grafana/secrets/admin-password';

const grafana: Readonly<Record<Signal, Page>> = {
  dashboards: { name: 'grafana', path: '/dashboards', note, writes: true },
  metrics: { name: 'grafana', path: '/', note, writes: true },
  alerts: light.alerts,
  logs: { name: 'grafana', path: explore('loki'), note, writes: true },
  traces: { name: 'grafana', path: explore('tempo'), note, writes: true },
};

/** The page of a signal in an environment. */
export function pageOf(signal: Signal, environment: string): Page {
  return pageIn(readCluster(environment), signal);
}

/** The same for a cluster. Without observability it is the page of `store: light`; opening it explains what is missing. */
export function pageIn({ observability }: Pick<Cluster, 'observability'>, signal: Signal): Page {
  return observability !== 'off' && observability.store === 'grafana' ? grafana[signal] : light[signal];
}

/** Grafana's page for questions, with a data source chosen (Grafana, 'Explore', 'Share Explore URLs'). */
function explore(dataSource: string): string {
  const panes = { a: { datasource: dataSource, queries: [{ refId: 'A' }] } };
  return `/explore?${new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify(panes) })}`;
}
