import type { Component } from '../../charts/kube/kube-object.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { signalStore } from '../../charts/observability/signal-store.ts';
import type { Environment } from '../../model/graph.ts';
import { lokiConfig } from './config.ts';

/** Loki, one pod: the collectors write to it, Grafana reads from it. */
export function chart(env: Environment): Component {
  return signalStore(env, {
    name: 'loki',
    purpose: 'logs',
    config: lokiConfig(env),
    ports: { queries: ports.loki },
    callers: ['opentelemetry-agent', 'opentelemetry-collector', 'grafana'].map((caller) => [
      caller,
      ports.loki,
    ]),
    resources: {
      cpu: '50m',
      memory: '256Mi',
      memoryLimit: '1Gi',
      reason: 'It keeps unflushed data in memory, and queries over days need memory too.',
    },
  });
}
