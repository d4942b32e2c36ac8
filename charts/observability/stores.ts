import type { Environment } from '../../model/graph.ts';
import { ports } from './endpoints.ts';

/** An operator that stores one kind of signal, and the port to which the collector sends. */
export interface SignalStore {
  operator: string;
  port: number;
}

/** A store of log lines that receives OTLP over HTTP. */
export interface LogStore extends SignalStore {
  path: string;
  /** Default: none. */
  headers?: Record<string, string>;
}

/** Stores of an environment's logs and traces; the sources of both are the same in every environment. */
export function signalStores({ cluster }: Pick<Environment, 'cluster'>): {
  logs: LogStore;
  traces: SignalStore;
} {
  if (cluster.observability === 'off')
    throw new Error(`${cluster.name} says 'observability: off': no operator keeps its signals`);
  return stores[cluster.observability.store];
}

const stores = {
  light: {
    logs: {
      operator: 'victoria-logs',
      port: ports.logs,
      path: '/insert/opentelemetry/v1/logs',
      // One stream is the output of one container.
      headers: { 'VL-Stream-Fields': 'k8s.namespace.name,k8s.pod.name,k8s.container.name,service.name' },
    },
    traces: { operator: 'jaeger', port: ports.traces },
  },
  grafana: {
    logs: { operator: 'loki', port: ports.loki, path: '/otlp/v1/logs' },
    traces: { operator: 'tempo', port: ports.traces },
  },
} as const;
