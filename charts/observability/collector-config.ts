import type { Environment } from '../../model/graph.ts';
import { durationBounds } from '../../model/schema/objective.ts';
import { clientTls, common, logsExporter, serverTls } from './collector.ts';
import { ports, serviceName } from './endpoints.ts';
import { serverFiles } from './mutual-identity.ts';
import { signalStores } from './stores.ts';

/** Upper bounds of the histogram of durations, from a cache hit to a time-out of a caller. */
const buckets = Object.keys(durationBounds);

/** Prometheus labels of the metrics about cluster objects, each with the resource attribute that it comes from. */
const labels = {
  namespace: 'k8s.namespace.name',
  pod: 'k8s.pod.name',
  container: 'k8s.container.name',
  node: 'k8s.node.name',
  deployment: 'k8s.deployment.name',
  daemonset: 'k8s.daemonset.name',
  job: 'k8s.job.name',
  image_tag: 'container.image.tag',
} as const;

/** Configuration of the collector that receives the apps' telemetry. */
export function collectorConfig(env: Pick<Environment, 'cluster'>): object {
  const { memory_limiter, batch } = common.processors;
  return {
    extensions: common.extensions,
    receivers,
    processors: { memory_limiter, batch, 'transform/labels': labelsOfObjects() },
    connectors: { spanmetrics },
    exporters: exporters(env),
    service: { extensions: ['health_check'], telemetry: common.telemetry, pipelines },
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
  aggregation_cardinality_limit: 2000,
  metrics_expiration: '1h',
  metrics_flush_interval: '15s',
};

function exporters(env: Pick<Environment, 'cluster'>): object {
  const { logs, traces } = signalStores(env);
  return {
    otlp_grpc: {
      endpoint: `${serviceName(traces.operator)}:${traces.port}`,
      tls: clientTls(traces.operator),
      sending_queue: { queue_size: 500 },
      retry_on_failure: { max_elapsed_time: '5m' },
    },
    otlp_http: logsExporter(logs, { queue_size: 500 }),
    prometheus: {
      endpoint: `0.0.0.0:${ports.derivedMetrics}`,
      tls: serverTls(serverFiles('opentelemetry-collector')),
      // Only this format has exemplars.
      enable_open_metrics: true,
      metric_expiration: '5m',
      without_scope_info: true,
    },
  };
}

const pipelines = {
  traces: {
    receivers: ['otlp'],
    processors: ['memory_limiter', 'batch'],
    exporters: ['otlp_grpc', 'spanmetrics'],
  },
  logs: { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['otlp_http'] },
  metrics: {
    receivers: ['otlp', 'spanmetrics'],
    processors: ['memory_limiter', 'batch'],
    exporters: ['prometheus'],
  },
  'metrics/cluster': {
    receivers: ['k8s_cluster'],
    processors: ['memory_limiter', 'transform/labels'],
    exporters: ['prometheus'],
  },
};
