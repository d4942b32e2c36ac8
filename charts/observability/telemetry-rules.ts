import type { Environment } from '../../model/graph.ts';
import { readsSignal } from '../../model/signal-stores.ts';
import { runs } from './observed.ts';
import { alert, type PrometheusRule } from './prometheus-rule.ts';
import { signalLimits } from './signal-limits.ts';

/** The app that makes synthetic requests and looks for them in the stores (apps/home/src/probe). */
export const probeApp = 'home';

/** Alerts on what observes: data that is lost, refused or not found, and stores near their bounds. */
export function telemetryRules(env: Environment): PrometheusRule[] {
  return [
    ...(runs(env, 'opentelemetry-collector') ? collector() : []),
    ...(runs(env, 'opentelemetry-agent') ? agent() : []),
    ...(runs(env, 'prometheus') ? [metricsStore()] : []),
    ...(runs(env, 'victoria-logs') ? [logsStore()] : []),
    ...(isProbed(env) ? probe() : []),
  ];
}

/** Data that a collector failed to send and dropped, by kind of signal. */
const lost = ['spans', 'log_records', 'metric_points'].flatMap((kind) => [
  `otelcol_exporter_send_failed_${kind}_total`,
  `otelcol_exporter_enqueue_failed_${kind}_total`,
]);

/** Signals that the collector refused, because its memory is limited. */
const refused = ['spans', 'log_records', 'metric_points'].map(
  (kind) => `otelcol_receiver_refused_${kind}_total`,
);

/** Traces that were dropped before it was decided whether they are stored. */
const dropped = ['traces_dropped_too_large', 'sampling_trace_dropped_too_early'].map(
  (name) => `otelcol_processor_tail_sampling_${name}_total`,
);

/** Decisions on traces; those that are not sampled are not stored (tail_sampling, 'Internal Telemetry'). */
const decisions = 'otelcol_processor_tail_sampling_global_count_traces_sampled_total';

function collector(): PrometheusRule[] {
  return [
    alert('TelemetryLost', 'ticket', {
      expr: lost.map((series) => `sum by (job, exporter) (increase(${series}[15m])) > 0`).join(' or '),
      summary: 'The collector {{ $labels.job }} drops data that it cannot send with {{ $labels.exporter }}.',
    }),
    alert('TelemetryRefused', 'ticket', {
      expr: refused.map((series) => `sum by (job) (increase(${series}[15m])) > 0`).join(' or '),
      hold: '15m',
      summary: '{{ $labels.job }} refuses what apps send: its memory is used up.',
    }),
    alert('TracesDropped', 'ticket', {
      expr: dropped.map((series) => `sum by (job) (increase(${series}[15m])) > 0`).join(' or '),
      summary: 'The collector drops whole traces: they are too large, or too many at a time.',
    }),
    alert('TracesNotStored', 'ticket', {
      expr: `sum(rate(${decisions}{sampled="false"}[1h])) / sum(rate(${decisions}[1h])) > 0.1`,
      hold: '30m',
      summary: 'More than a tenth of the traces are not stored: apps have used up their part of the volume.',
    }),
    alert('ClusterStateAbsent', 'ticket', {
      expr: 'absent(k8s_node_condition_ready)',
      hold: '15m',
      summary: 'The collector does not say how nodes and pods are: no alert about them can fire.',
    }),
  ];
}

/** The agent has a receiver and a queue for each app, by which its own metrics are counted. */
function agent(): PrometheusRule[] {
  const { alert: many, most } = signalLimits.linesPerSecond;
  const queued = (part: string) => `otelcol_exporter_queue_${part}{job="opentelemetry-agent"}`;
  return [
    alert('LogsFlood', 'ticket', {
      expr: `sum by (receiver) (rate(otelcol_receiver_accepted_log_records_total{receiver=~"file_log/.+"}[5m])) > ${many}`,
      hold: '15m',
      summary: `The app of {{ $labels.receiver }} writes more than ${many} log lines a second.`,
    }),
    alert('LogsDelayed', 'ticket', {
      expr: `max by (exporter) (min_over_time(${queued('size')}[5m]) / ${queued('capacity')}) > ${full}`,
      hold: '5m',
      summary: `Log lines of {{ $labels.exporter }} are read late, and those that the node rotates away are lost: the app writes more than ${most} a second, or their store does not take them.`,
    }),
  ];
}

/** Part of a queue that is always in use while reading waits: it waits with up to 100 lines, which have no room. */
const full = 0.9;

/** Part of a store's bound from which an alert fires: beyond the bound the oldest data goes, before its retention ends. */
const nearlyFull = 0.9;

function metricsStore(): PrometheusRule {
  const parts = ['storage_blocks_bytes', 'wal_storage_size_bytes', 'head_chunks_storage_size_bytes'];
  const size = parts.map((part) => `prometheus_tsdb_${part}`).join(' + ');
  return alert('MetricsStoreFull', 'ticket', {
    expr: `(${size}) / prometheus_tsdb_retention_limit_bytes > ${nearlyFull}`,
    hold: '30m',
    summary: 'Metrics have nearly reached the bound of their volume: soon the oldest are removed too early.',
  });
}

function logsStore(): PrometheusRule {
  return alert('LogsStoreFull', 'ticket', {
    expr: `sum by (pod) (vl_data_size_bytes) / on (pod) vl_max_disk_space_usage_bytes > ${nearlyFull}`,
    hold: '30m',
    summary:
      'Log lines have nearly reached the bound of their volume: soon the oldest are removed too early.',
  });
}

/** Whether the front page runs and is read by Prometheus. */
export function isProbed(env: Environment): boolean {
  const app = env.apps.find(({ name }) => name === probeApp);
  return runs(env, 'opentelemetry-collector') && app !== undefined && readsSignal(app, 'metrics');
}

function probe(): PrometheusRule[] {
  return [
    alert('SignalNotReached', 'ticket', {
      expr: 'min by (signal) (signal_probe_success) == 0',
      hold: '10m',
      summary: 'No {{ $labels.signal }} of the synthetic requests reaches its store.',
    }),
    alert('SignalProbeAbsent', 'ticket', {
      expr: 'absent(signal_probe_success)',
      hold: '30m',
      summary: `Nobody knows whether signals reach their stores: ${probeApp} has no results of synthetic requests.`,
    }),
  ];
}
