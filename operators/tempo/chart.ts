import type { Component } from '../../charts/kube/kube-object.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { signalStore } from '../../charts/observability/signal-store.ts';
import type { Environment } from '../../model/graph.ts';
import { tempoConfig } from './config.ts';

/** Tempo, one pod: the collector writes to it, Grafana reads from it. */
export function chart(env: Environment): Component {
  return signalStore(env, {
    name: 'tempo',
    purpose: 'traces',
    config: tempoConfig(env),
    ports: { queries: ports.tempo, otlp: ports.traces },
    callers: [
      ['opentelemetry-collector', ports.traces],
      ['grafana', ports.tempo],
    ],
    resources: {
      cpu: '50m',
      memory: '256Mi',
      memoryLimit: '1Gi',
      reason: 'It keeps unflushed data in memory, and queries over days need memory too.',
    },
  });
}
