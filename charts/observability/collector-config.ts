import type { Environment } from '../../model/graph.ts';
import { errorLimit } from '../../model/rollout.ts';
import { durationBounds } from '../../model/schema/objective.ts';
import { clientTls, common, logsExporter, serverTls } from './collector.ts';
import { ports, serviceName } from './endpoints.ts';
import { serverFiles } from './mutual-identity.ts';
import { scrapeInterval } from './prometheus-config.ts';
import { appLimits, signalLimits } from './signal-limits.ts';
import { signalStores } from './stores.ts';
import { tailSampling } from './trace-sampling.ts';

/** Upper bounds of the histogram of durations, from a cache hit to a time-out of a caller. */
const buckets = Object.keys(durationBounds);

/** Prometheus labels of the metrics about cluster objects, each with the resource attribute that it comes from. */
const labels = {
  namespace: 'k8s.namespace.name',
  pod: 'k8s.pod.name',
  container: 'k8s.container.name',
  node: 'k8s.node.name',
  deployment: 'k8s.deployment.name',
  statefulset: 'k8s.statefulset.name',
  daemonset: 'k8s.daemonset.name',
  job: 'k8s.job.name',
  image_tag: 'container.image.tag',
} as const;

/** Configuration of the collector that receives the apps' telemetry. */
export function collectorConfig(env: Pick<Environment, 'cluster' | 'apps'>): object {
  const { memory_limiter, batch } = common.processors;
  return {
    extensions: common.extensions,
    receivers,
    processors: {
      memory_limiter,
      batch,
      'transform/limits': appLimits(),
      'transform/labels': labelsOfObjects(),
      tail_sampling: tailSampling(env),
    },
    connectors: { spanmetrics, ...(isGated(env) ? { [byPod]: podMetrics } : {}), 'forward/stored': {} },
    exporters: exporters(env),
    service: { extensions: ['health_check'], telemetry: common.telemetry, pipelines: pipelinesOf(env) },
  };
}

const receivers = {
  otlp: {
    protocols: { http: { endpoint: `0.0.0.0:${ports.otlp}`, max_request_body_size: 4 * 2 ** 20 } },
  },
  k8s_cluster: {
    auth_type: 'serviceAccount',
    collection_interval: '30s',
    node_conditions_to_report: ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'],
  },
};

/** Copies resource attributes to the labels of the resource's metrics. */
function labelsOfObjects(): object {
  const statements = Object.entries(labels).map(
    ([label, attribute]) =>
      `set(attributes["${label}"], resource.attributes["${attribute}"]) where resource.attributes["${attribute}"] != nil`,
  );
  return { error_mode: 'ignore', metric_statements: [{ context: 'datapoint', statements }] };
}

/** traces_span_metrics_calls_total and traces_span_metrics_duration_seconds, by service, span, kind and status. */
const spanmetrics = {
  histogram: { unit: 's', explicit: { buckets } },
  exemplars: { enabled: true, max_per_data_point: 5 },
  resource_metrics_key_attributes: ['service.name'],
  // A span named after user input would create a series per input: further names count as one series.
  aggregation_cardinality_limit: signalLimits.spanNames,
  metrics_expiration: '1h',
  // As often as Prometheus reads: an exemplar is there until the next flush alone.
  metrics_flush_interval: scrapeInterval,
};

const byPod = 'spanmetrics/pods';

/** Counter of spans by pod, span kind and status, from which the gate of roll-outs reads the errors of a new pod. */
export const podSeries = 'traces_pod_metrics_calls_total';

/** Without the names of spans, so that each pod has few series. */
const podMetrics = {
  namespace: 'traces.pod.metrics',
  histogram: { disable: true },
  exclude_dimensions: ['span.name'],
  dimensions: [{ name: 'k8s.pod.name' }],
  resource_metrics_key_attributes: ['service.name'],
  aggregation_cardinality_limit: signalLimits.pods,
  metrics_expiration: '1h',
  // The first value of a series is zero, the second counts: two of these and a scrape are the delay of the gate.
  metrics_flush_interval: '10s',
};

/** Whether errors stop the roll-out of an app. */
function isGated({ apps }: Pick<Environment, 'apps'>): boolean {
  return apps.some((app) => errorLimit(app) !== undefined);
}

function exporters(env: Pick<Environment, 'cluster'>): object {
  const { logs, traces } = signalStores(env);
  return {
    otlp_grpc: {
      endpoint: `${serviceName(traces.operator)}:${traces.port}`,
      tls: clientTls(traces.operator),
      sending_queue: unsent,
      retry_on_failure: { max_elapsed_time: '5m' },
    },
    otlp_http: logsExporter(logs, unsent),
    prometheus: metricsExporter(ports.derivedMetrics),
    // A port of their own: Prometheus refuses all of an answer with too many series.
    'prometheus/apps': metricsExporter(ports.appMetrics),
  };
}

/** What waits for a store that is away, in the memory of the collector. */
const unsent = { sizer: 'bytes', queue_size: 32 * 2 ** 20 };

function metricsExporter(port: number): object {
  return {
    endpoint: `0.0.0.0:${port}`,
    tls: serverTls(serverFiles('opentelemetry-collector')),
    // Only this format has exemplars.
    enable_open_metrics: true,
    metric_expiration: '5m',
    without_scope_info: true,
  };
}

function pipelinesOf(env: Pick<Environment, 'apps'>): object {
  if (!isGated(env)) return pipelines;
  const { traces, 'metrics/spans': spans } = pipelines;
  return {
    ...pipelines,
    traces: { ...traces, exporters: [...traces.exporters, byPod] },
    'metrics/spans': { ...spans, receivers: [...spans.receivers, byPod] },
  };
}

const pipelines = {
  traces: {
    receivers: ['otlp'],
    processors: ['memory_limiter', 'transform/limits'],
    // Metrics count every span, whether its trace is stored or not.
    exporters: ['spanmetrics', 'forward/stored'],
  },
  'traces/stored': {
    receivers: ['forward/stored'],
    processors: ['tail_sampling', 'batch'],
    exporters: ['otlp_grpc'],
  },
  logs: {
    receivers: ['otlp'],
    processors: ['memory_limiter', 'transform/limits', 'batch'],
    exporters: ['otlp_http'],
  },
  metrics: {
    receivers: ['otlp'],
    processors: ['memory_limiter', 'transform/limits', 'batch'],
    exporters: ['prometheus/apps'],
  },
  'metrics/spans': {
    receivers: ['spanmetrics'],
    processors: ['memory_limiter', 'batch'],
    exporters: ['prometheus'],
  },
  'metrics/cluster': {
    receivers: ['k8s_cluster'],
    processors: ['memory_limiter', 'transform/labels'],
    exporters: ['prometheus'],
  },
};
