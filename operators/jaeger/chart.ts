import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { allow, pods } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { common, serverTls } from '../../charts/observability/collector.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { serverFiles } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { signalReaders } from '../../charts/observability/signal-use.ts';
import { store } from '../../charts/observability/store.ts';
import type { Environment } from '../../model/graph.ts';
import { inSeconds } from '../../model/schema/duration.ts';

const name = 'jaeger';
const collector = 'opentelemetry-collector';

/** Jaeger, one pod: only the collector writes to it. Its API answers to a port-forward, and to apps with the edge `traces`. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    store(chart, env, {
      name,
      size: env.cluster.storage.traces,
      configuration: { folder: '/etc/jaeger', files: { 'jaeger.yaml': stringify(jaegerConfig(env)) } },
      container: {
        args: ['--config=file:/etc/jaeger/jaeger.yaml'],
        ports: [
          { name: 'otlp', containerPort: ports.traces },
          { name: 'query', containerPort: ports.traceQueries },
          { name: 'health', containerPort: ports.health },
          { name: 'metrics', containerPort: ports.ownMetrics },
        ],
        env: [goMemoryLimit(name)],
        readinessProbe: httpProbe('health', '/status', { period: 5 }),
        livenessProbe: httpProbe('health', '/status', { failures: 6 }),
        resources: { cpu: '20m', memory: '96Mi', memoryLimit: '384Mi' },
      },
    });
    const readers = signalReaders(env, name);
    service(chart, name, name, [
      { name: 'otlp', port: ports.traces },
      ...(readers.length > 0 ? [{ name: 'query', port: ports.traceQueries }] : []),
    ]);
    allow(chart, name, name, {
      ingress: [
        { peers: [pods(collector, collector)], ports: [{ port: ports.traces }] },
        ...(readers.length > 0 ? [{ peers: readers, ports: [{ port: ports.traceQueries }] }] : []),
      ],
    });
    allowScrapes(chart, env, name);
  });
}

/** Jaeger's configuration: one receiver, one store on the volume. */
export function jaegerConfig({ cluster }: Pick<Environment, 'cluster'>): object {
  return {
    extensions: {
      healthcheckv2: { use_v2: true, http: { endpoint: `0.0.0.0:${ports.health}` } },
      jaeger_storage: {
        backends: {
          traces: {
            badger: {
              directories: { keys: '/data/keys', values: '/data/values' },
              ephemeral: false,
              ttl: { spans: `${inSeconds(cluster.retention.traces)}s` },
            },
          },
        },
      },
      jaeger_query: {
        storage: { traces: 'traces' },
        http: { endpoint: `0.0.0.0:${ports.traceQueries}` },
        grpc: { endpoint: '127.0.0.1:16685' },
        // Traces of its own queries, which by default go to a receiver that does not exist.
        enable_tracing: false,
      },
    },
    receivers: {
      otlp: {
        protocols: { grpc: { endpoint: `0.0.0.0:${ports.traces}`, tls: serverTls(serverFiles(name)) } },
      },
    },
    processors: { batch: common.processors.batch },
    exporters: { jaeger_storage_exporter: { trace_storage: 'traces' } },
    service: {
      extensions: ['healthcheckv2', 'jaeger_storage', 'jaeger_query'],
      telemetry: { ...common.telemetry, resource: { 'service.name': name } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] },
      },
    },
  };
}
