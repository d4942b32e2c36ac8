import type { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';
import type { Environment } from '../../model/graph.ts';
import { rolloutGate } from '../../model/rollout.ts';
import { type ReadSignal, readsSignal, storeOfSignal } from '../../model/signal-stores.ts';
import { podsOf } from '../app/app-pods.ts';
import { type Flow, pods } from '../kube/network-policy.ts';
import { ports, serviceName } from './endpoints.ts';
import { runs } from './observed.ts';

const signals = ['metrics', 'logs', 'traces'] as const;

/** Port of each store's API for queries. */
const queryPorts: Readonly<Record<string, number>> = {
  prometheus: ports.metrics,
  'victoria-logs': ports.logs,
  jaeger: ports.traceQueries,
  loki: ports.loki,
  tempo: ports.tempo,
};

/** A store that an app queries by one of its edges. */
interface QueriedStore {
  signal: ReadSignal;
  operator: string;
  port: number;
  url: string;
}

/** Stores that an app queries: one for each edge `metrics`, `logs` or `traces`; none with `observability: off`. */
function queriedStores({ cluster }: Pick<Environment, 'cluster'>, app: Pick<App, 'uses'>): QueriedStore[] {
  return signals.flatMap((signal) => {
    const store = storeOfSignal(cluster, signal);
    if (store === undefined || !readsSignal(app, signal)) return [];
    const { operator, server } = store;
    const port = queryPorts[operator];
    if (port === undefined) throw new Error(`the store ${operator} has no port for queries`);
    return [
      {
        signal,
        operator,
        port,
        url: `http${server === undefined ? '' : 's'}://${serviceName(operator)}:${port}`,
      },
    ];
  });
}

/** Variables with the addresses of the stores, and which store it is where environments have different ones. */
export function signalVariables(env: Environment, app: App): k8s.EnvVar[] {
  return queriedStores(env, app).flatMap(({ signal, operator, url }) => {
    const prefix = signal.toUpperCase();
    return [
      { name: `${prefix}_URL`, value: url },
      ...(signal === 'metrics' ? [] : [{ name: `${prefix}_STORE`, value: operator }]),
    ];
  });
}

/** Flows from an app to the stores that it queries. */
export function toSignals(env: Environment, app: App): Flow[] {
  return queriedStores(env, app).map(({ operator, port }) => ({
    peers: [pods(operator, operator)],
    ports: [{ port }],
  }));
}

/** Clients of a store's API: apps with the edge, and for Prometheus Grafana and the gate of roll-outs. Loki and Tempo name Grafana themselves. */
export function signalReaders(env: Environment, operator: string): k8s.NetworkPolicyPeer[] {
  const platform = operator === 'prometheus' ? ['grafana', rolloutGate] : [];
  return [
    ...platform.filter((name) => runs(env, name)).map((name) => pods(name, name)),
    ...env.apps
      .filter((app) => queriedStores(env, app).some((store) => store.operator === operator))
      .flatMap(podsOf),
  ];
}
