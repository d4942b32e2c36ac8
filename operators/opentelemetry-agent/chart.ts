import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { daemonSet } from '../../charts/kube/daemon-set.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, pods, toDns } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { common, logsExporter } from '../../charts/observability/collector.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { logLimits, signalLimits } from '../../charts/observability/signal-limits.ts';
import { signalStores } from '../../charts/observability/stores.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'opentelemetry-agent';
const state = '/var/lib/opentelemetry-agent';
const logs = '/var/log/pods';

/** The collector on each node: sends the standard output of containers to the log store. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'privileged');
    serviceAccount(chart, name, name);
    const { logs: store } = signalStores(env);
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, { 'collector.yaml': stringify(agentConfig(env)) });
    daemonSet(chart, {
      name,
      namespace: name,
      user: 'root',
      annotations: { [annotations.reload]: 'files' },
      podAnnotations,
      pod: {
        serviceAccountName: name,
        container: {
          name,
          image: imageRef(env, 'opentelemetry-collector'),
          args: ['--config=file:/etc/collector/collector.yaml'],
          ports: [
            { name: 'health', containerPort: ports.health },
            { name: 'metrics', containerPort: ports.ownMetrics },
          ],
          env: [goMemoryLimit(name)],
          readinessProbe: httpProbe('health', '/'),
          livenessProbe: httpProbe('health', '/', { period: 20 }),
          resources: { cpu: '20m', memory: '96Mi', memoryLimit: '160Mi' },
          volumeMounts: [
            { name: 'config', mountPath: '/etc/collector', readOnly: true },
            { name: 'logs', mountPath: logs, readOnly: true },
            { name: 'state', mountPath: state },
            ...identity.volumeMounts,
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'logs', hostPath: { path: logs, type: 'Directory' } },
          { name: 'state', hostPath: { path: state, type: 'DirectoryOrCreate' } },
          ...identity.volumes,
        ],
      },
    });
    denyAll(chart, name, ['Ingress', 'Egress']);
    allow(chart, name, name, {
      egress: [toDns, { peers: [pods(store.operator, store.operator)], ports: [{ port: store.port }] }],
    });
    allowScrapes(chart, env, name);
  });
}

/**
 * CloudNativePG wraps a line of PostgreSQL in one of its own ('Logging', 'PostgreSQL log'): `record` holds what PostgreSQL said. Its level,
 * message and fingerprint (`query_id`) become those of the line.
 */
const postgresLine = (
  [
    ['error_severity', 'level'],
    ['message', 'msg'],
    ['query_id', 'query_id'],
  ] as const
).map(([from, to]) => ({
  type: 'move',
  if: `attributes.logger == "postgres" and attributes.record != nil and attributes.record.${from} != nil`,
  from: `attributes.record.${from}`,
  to: `attributes.${to}`,
  on_error: 'send_quiet',
}));

/** The collector's configuration: files of containers, their JSON taken apart, sent to the store. */
export function agentConfig(env: Pick<Environment, 'cluster'>): object {
  const has = (field: string) => `attributes[${JSON.stringify(field)}] != nil`;
  return {
    extensions: {
      ...common.extensions,
      // Read positions, and the queue of unsent lines.
      file_storage: { directory: state, create_directory: true },
    },
    receivers: {
      file_log: {
        include: [`${logs}/*/*/*.log`],
        // Its own complaint about a store that is away would be a line to send to that store.
        exclude: [`${logs}/${name}_*/*/*.log`],
        include_file_path: true,
        include_file_name: false,
        start_at: 'beginning',
        max_log_size: signalLimits.line,
        storage: 'file_storage',
        retry_on_failure: { enabled: true },
        operators: [
          { type: 'container', id: 'container', max_log_size: signalLimits.line },
          {
            type: 'json_parser',
            if: 'body matches "^\\\\s*\\\\{"',
            parse_from: 'body',
            parse_to: 'attributes',
            on_error: 'send_quiet',
          },
          ...postgresLine,
          {
            type: 'severity_parser',
            if: has('level'),
            parse_from: 'attributes.level',
            // PostgreSQL's own levels, beside those that every program has.
            mapping: { info: ['log', 'notice'], fatal: 'panic' },
            on_error: 'send_quiet',
          },
          {
            type: 'move',
            if: has('message'),
            from: 'attributes.message',
            to: 'body',
            on_error: 'send_quiet',
          },
          { type: 'move', if: has('msg'), from: 'attributes.msg', to: 'body', on_error: 'send_quiet' },
          {
            type: 'trace_parser',
            if: has('trace_id'),
            trace_id: { parse_from: 'attributes.trace_id' },
            span_id: { parse_from: 'attributes.span_id' },
            on_error: 'send_quiet',
          },
        ],
      },
    },
    processors: { memory_limiter: common.processors.memory_limiter, 'transform/limits': logLimits() },
    exporters: {
      otlp_http: logsExporter(signalStores(env).logs, {
        storage: 'file_storage',
        sizer: 'bytes',
        queue_size: 64 * 2 ** 20,
        num_consumers: 2,
        // Reading waits for a store that is away: the files are the longer queue.
        block_on_overflow: true,
      }),
    },
    service: {
      extensions: ['health_check', 'file_storage'],
      telemetry: common.telemetry,
      pipelines: {
        logs: {
          receivers: ['file_log'],
          processors: ['memory_limiter', 'transform/limits'],
          exporters: ['otlp_http'],
        },
      },
    },
  };
}
