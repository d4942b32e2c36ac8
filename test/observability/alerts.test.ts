import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { alertRules } from '../../charts/observability/alert-rules.ts';
import { prometheusConfig } from '../../charts/observability/prometheus-config.ts';
import alertmanager from '../../operators/alertmanager/operator.ts';
import certManager from '../../operators/cert-manager/operator.ts';
import flux from '../../operators/flux/operator.ts';
import nodeExporter from '../../operators/node-exporter/operator.ts';
import agent from '../../operators/opentelemetry-agent/operator.ts';
import collector from '../../operators/opentelemetry-collector/operator.ts';
import prometheus from '../../operators/prometheus/operator.ts';
import victoriaLogs from '../../operators/victoria-logs/operator.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { missingPromtool, promtool } from './promtool.ts';

const env = environment({
  apps: [
    testApp({
      name: 'orders',
      metrics: { port: 'http' },
      objective: { success: 99.5, within: '500ms' },
      database: { storage: '1Gi' },
    }),
    testApp({ name: 'home', uses: [{ kind: 'metrics', reason: 'It plots them.' }] }),
  ],
  operators: [alertmanager, certManager, agent, collector, flux, nodeExporter, prometheus, victoriaLogs],
  cluster: {
    databases: {
      instances: 3,
      backups: { destination: 's3://backups', credentials: { secret: 'backups' } },
    },
  },
});
const rules = alertRules(env);

/**
 * The configuration without its discovery of targets by the API server: Debian 12 builds Prometheus without it. All
 * the rest is judged.
 */
function withoutDiscovery(config: object): object {
  const text = JSON.stringify(config, (key, value: unknown) =>
    key === 'kubernetes_sd_configs' ? undefined : value,
  );
  return z.looseObject({}).parse(JSON.parse(text));
}

/** Series, and at which minute an alert fires by them and at which it does not. `x` in a series is one sample a minute. */
interface Case {
  alert: string;
  series: Record<string, string>;
  fires?: number;
  quiet?: number;
  /** Matchers of the alert, beside its name. Default: none. */
  labels?: string;
}

const span = (name: string, labels: string) =>
  `traces_span_metrics_duration_seconds_${name}{service_name="orders",span_kind="SPAN_KIND_SERVER",${labels}}`;
const good = span('bucket', 'status_code="STATUS_CODE_UNSET",le="0.5"');
const [okCount, badCount] = [
  span('count', 'status_code="STATUS_CODE_UNSET"'),
  span('count', 'status_code="STATUS_CODE_ERROR"'),
];

/** The objective of `orders` as it was first seen, in seconds before the test begins. */
const promised = (secondsAgo: number) => ({
  'app:objective:since{app="orders",objective="99.5 % within 500ms"}': `${-secondsAgo}x90`,
});
const week = 7 * 86_400;

/** Decisions of the collector on traces, so many a minute. */
function decisions(stored: number, left: number): Record<string, string> {
  const name = 'otelcol_processor_tail_sampling_global_count_traces_sampled_total';
  return { [`${name}{sampled="true"}`]: `0+${stored}x90`, [`${name}{sampled="false"}`]: `0+${left}x90` };
}

/** Lines that a receiver of the agent took, so many a minute. */
function lines(receiver: string, perMinute: number): Record<string, string> {
  return { [`otelcol_receiver_accepted_log_records_total{receiver="${receiver}"}`]: `0+${perMinute}x60` };
}

const cases: Case[] = [
  { alert: 'Watchdog', series: { 'up{job="orders"}': '1x5' }, fires: 1 },
  { alert: 'TargetDown', series: { 'up{job="orders",pod="a"}': '0x20' }, quiet: 9, fires: 11 },
  { alert: 'TargetDown', series: { 'up{job="orders",pod="a"}': '1x20' }, quiet: 15 },
  {
    alert: 'ContainerRestarts',
    series: { 'k8s_container_restarts{namespace="a",pod="b",container="c"}': '0+1x20' },
    fires: 16,
  },
  {
    alert: 'ContainerRestarts',
    series: { 'k8s_container_restarts{namespace="a",pod="b",container="c"}': '0 1 1+0x20' },
    quiet: 16,
  },
  { alert: 'PodWaits', series: { 'k8s_pod_phase{namespace="a",pod="b"}': '1x30' }, quiet: 14, fires: 16 },
  { alert: 'PodWaits', series: { 'k8s_pod_phase{namespace="a",pod="b"}': '2x30' }, quiet: 20 },
  {
    alert: 'DeploymentUnavailable',
    series: {
      'k8s_deployment_available{namespace="a",deployment="b"}': '2x30',
      'k8s_deployment_desired{namespace="a",deployment="b"}': '2x30',
    },
    quiet: 25,
  },
  {
    alert: 'DeploymentUnavailable',
    series: {
      'k8s_deployment_available{namespace="a",deployment="b"}': '1x30',
      'k8s_deployment_desired{namespace="a",deployment="b"}': '2x30',
    },
    quiet: 14,
    fires: 16,
  },
  {
    alert: 'VolumeFull',
    series: {
      'kubelet_volume_stats_available_bytes{persistentvolumeclaim="a"}': '5x60',
      'kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="a"}': '100x60',
    },
    quiet: 29,
    fires: 31,
  },
  {
    alert: 'VolumeFull',
    series: {
      'kubelet_volume_stats_available_bytes{persistentvolumeclaim="a"}': '50x60',
      'kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="a"}': '100x60',
    },
    quiet: 40,
  },
  { alert: 'NodeNotReady', series: { 'k8s_node_condition_ready{node="a"}': '0x10' }, quiet: 4, fires: 6 },
  { alert: 'NodeNotReady', series: { 'k8s_node_condition_ready{node="a"}': '1x10' }, quiet: 8 },
  {
    alert: 'NodeDiskFull',
    series: {
      'node_filesystem_avail_bytes{mountpoint="/",fstype="ext4"}': '6x20',
      'node_filesystem_size_bytes{mountpoint="/",fstype="ext4"}': '100x20',
    },
    quiet: 15,
  },
  {
    alert: 'NodeDiskFull',
    series: {
      'node_filesystem_avail_bytes{mountpoint="/",fstype="ext4"}': '4x20',
      'node_filesystem_size_bytes{mountpoint="/",fstype="ext4"}': '100x20',
    },
    quiet: 9,
    fires: 11,
  },
  {
    alert: 'NodeDiskFullSoon',
    series: {
      'node_filesystem_avail_bytes{mountpoint="/",fstype="ext4"}': '39-0.01x400',
      'node_filesystem_size_bytes{mountpoint="/",fstype="ext4"}': '100x400',
    },
    // A node of two hours: too young for a line through its days.
    quiet: 120,
    fires: 370,
  },
  {
    alert: 'NodeDiskFullSoon',
    series: {
      'node_filesystem_avail_bytes{mountpoint="/",fstype="ext4"}': '80-0.01x400',
      'node_filesystem_size_bytes{mountpoint="/",fstype="ext4"}': '100x400',
    },
    quiet: 390,
  },
  {
    alert: 'NodeMemoryLow',
    series: { node_memory_MemAvailable_bytes: '6x30', node_memory_MemTotal_bytes: '100x30' },
    quiet: 25,
  },
  {
    alert: 'NodeMemoryLow',
    series: { node_memory_MemAvailable_bytes: '4x30', node_memory_MemTotal_bytes: '100x30' },
    quiet: 14,
    fires: 16,
  },
  { alert: 'ClockSkew', series: { 'node_timex_offset_seconds{node="a"}': '-0.7x20' }, quiet: 9, fires: 11 },
  { alert: 'ClockSkew', series: { 'node_timex_offset_seconds{node="a"}': '0.01x20' }, quiet: 15 },
  {
    // Due at minute 60.
    alert: 'CertificateNotRenewed',
    series: {
      'certmanager_certificate_renewal_timestamp_seconds{name="a"}': '3600x100',
      'certmanager_certificate_expiration_timestamp_seconds{name="a"}': '7200x100',
    },
    quiet: 70,
  },
  {
    alert: 'CertificateNotRenewed',
    series: {
      'certmanager_certificate_renewal_timestamp_seconds{name="a"}': '600x100',
      'certmanager_certificate_expiration_timestamp_seconds{name="a"}': '3600x100',
    },
    // Due at minute 10, half of the time that was left is over at minute 35.
    quiet: 34,
    fires: 46,
  },
  {
    alert: 'CertificateNotReady',
    series: { 'certmanager_certificate_ready_status{name="a",condition="False"}': '1x30' },
    quiet: 14,
    fires: 16,
  },
  {
    alert: 'CertificateNotReady',
    series: { 'certmanager_certificate_ready_status{name="a",condition="True"}': '1x30' },
    quiet: 20,
  },
  {
    alert: 'FluxFails',
    series: {
      'controller_runtime_reconcile_total{job="kustomize-controller",controller="kustomization",result="error"}':
        '0+1x90',
      'controller_runtime_reconcile_total{job="kustomize-controller",controller="kustomization",result="success"}':
        '7x90',
    },
    fires: 60,
  },
  {
    alert: 'FluxFails',
    series: {
      'controller_runtime_reconcile_total{job="kustomize-controller",controller="kustomization",result="error"}':
        '0+1x90',
      'controller_runtime_reconcile_total{job="kustomize-controller",controller="kustomization",result="success"}':
        '0+1x90',
    },
    quiet: 60,
  },
  {
    alert: 'DatabaseInstanceDown',
    series: {
      'cnpg_collector_up{job="orders-db",pod="a"}': '1x30',
      'cnpg_collector_up{job="orders-db",pod="b"}': '1x30',
      'cnpg_collector_up{job="orders-db",pod="c"}': '0x30',
    },
    quiet: 9,
    fires: 11,
  },
  {
    alert: 'DatabaseInstanceDown',
    series: {
      'cnpg_collector_up{job="orders-db",pod="a"}': '1x30',
      'cnpg_collector_up{job="orders-db",pod="b"}': '1x30',
      'cnpg_collector_up{job="orders-db",pod="c"}': '1x30',
    },
    quiet: 20,
  },
  {
    alert: 'ReplicationLags',
    series: { 'cnpg_replication_lag_seconds{job="orders-db",pod="b"}': '59x30' },
    quiet: 25,
  },
  {
    alert: 'ReplicationLags',
    series: { 'cnpg_replication_lag_seconds{job="orders-db",pod="b"}': '61x30' },
    quiet: 9,
    fires: 11,
  },
  {
    alert: 'BackupFailed',
    series: {
      'cnpg_collector_last_failed_backup_timestamp{job="orders-db"}': '1000x30',
      'cnpg_collector_last_available_backup_timestamp{job="orders-db"}': '2000x30',
    },
    quiet: 25,
  },
  {
    alert: 'BackupFailed',
    series: {
      'cnpg_collector_last_failed_backup_timestamp{job="orders-db"}': '2000x30',
      'cnpg_collector_last_available_backup_timestamp{job="orders-db"}': '1000x30',
    },
    quiet: 14,
    fires: 16,
  },
  {
    alert: 'BackupOld',
    series: { 'cnpg_collector_last_available_backup_timestamp{job="orders-db"}': '-691100x60' },
    // Eight days before the test begins, and 100 seconds less.
    quiet: 30,
    fires: 33,
  },
  {
    alert: 'BackupOld',
    series: { 'cnpg_collector_last_available_backup_timestamp{job="orders-db"}': '0x60' },
    quiet: 50,
  },
  {
    alert: 'TelemetryLost',
    series: {
      'otelcol_exporter_send_failed_spans_total{job="opentelemetry-collector",exporter="otlp"}': '0+5x20',
    },
    fires: 10,
  },
  {
    alert: 'TelemetryLost',
    series: {
      'otelcol_exporter_send_failed_spans_total{job="opentelemetry-collector",exporter="otlp"}': '3x20',
    },
    quiet: 10,
  },
  {
    alert: 'TelemetryRefused',
    series: { 'otelcol_receiver_refused_spans_total{job="opentelemetry-collector"}': '0+5x60' },
    quiet: 14,
    fires: 20,
  },
  {
    alert: 'TelemetryRefused',
    series: { 'otelcol_receiver_refused_spans_total{job="opentelemetry-collector"}': '5x60' },
    quiet: 30,
  },
  {
    alert: 'TracesDropped',
    series: {
      'otelcol_processor_tail_sampling_traces_dropped_too_large_total{job="opentelemetry-collector"}':
        '0 0 0 1x20',
    },
    quiet: 2,
    fires: 5,
  },
  {
    alert: 'TracesDropped',
    series: {
      'otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total{job="opentelemetry-collector"}':
        '7x20',
    },
    quiet: 10,
  },
  // An eighth.
  { alert: 'TracesNotStored', series: decisions(7, 1), quiet: 29, fires: 40 },
  { alert: 'TracesNotStored', series: decisions(95, 5), quiet: 80 },
  {
    alert: 'LogsFlood',
    series: lines('file_log/orders', 1100 * 60),
    quiet: 14,
    fires: 20,
  },
  { alert: 'LogsFlood', series: lines('file_log/orders', 900 * 60), quiet: 40 },
  // All other pods together are no app.
  { alert: 'LogsFlood', series: lines('file_log', 1100 * 60), quiet: 40 },
  {
    alert: 'MetricsStoreFull',
    series: {
      'prometheus_tsdb_storage_blocks_bytes{pod="a"}': '80x60',
      'prometheus_tsdb_wal_storage_size_bytes{pod="a"}': '8x60',
      'prometheus_tsdb_head_chunks_storage_size_bytes{pod="a"}': '3x60',
      'prometheus_tsdb_retention_limit_bytes{pod="a"}': '100x60',
    },
    quiet: 29,
    fires: 31,
  },
  {
    alert: 'MetricsStoreFull',
    series: {
      'prometheus_tsdb_storage_blocks_bytes{pod="a"}': '80x60',
      'prometheus_tsdb_wal_storage_size_bytes{pod="a"}': '8x60',
      'prometheus_tsdb_head_chunks_storage_size_bytes{pod="a"}': '1x60',
      'prometheus_tsdb_retention_limit_bytes{pod="a"}': '100x60',
    },
    quiet: 50,
  },
  {
    alert: 'LogsStoreFull',
    series: {
      'vl_data_size_bytes{pod="a",type="storage"}': '85x60',
      'vl_data_size_bytes{pod="a",type="indexdb"}': '6x60',
      'vl_max_disk_space_usage_bytes{pod="a",path="/data"}': '100x60',
    },
    quiet: 29,
    fires: 31,
  },
  {
    alert: 'LogsStoreFull',
    series: {
      'vl_data_size_bytes{pod="a",type="storage"}': '85x60',
      'vl_data_size_bytes{pod="a",type="indexdb"}': '4x60',
      'vl_max_disk_space_usage_bytes{pod="a",path="/data"}': '100x60',
    },
    quiet: 50,
  },
  {
    alert: 'SignalNotReached',
    series: {
      'signal_probe_success{pod="a",signal="trace"}': '0x30',
      'signal_probe_success{pod="b",signal="trace"}': '1x30',
    },
    quiet: 9,
    fires: 11,
  },
  {
    alert: 'SignalNotReached',
    series: { 'signal_probe_success{pod="a",signal="trace"}': '1x30' },
    quiet: 20,
  },
  { alert: 'SignalProbeAbsent', series: { 'up{job="home"}': '1x60' }, quiet: 29, fires: 31 },
  {
    alert: 'SignalProbeAbsent',
    series: { 'signal_probe_success{pod="a",signal="trace"}': '0x60' },
    quiet: 50,
  },
  {
    alert: 'AlertsNotSent',
    series: { prometheus_notifications_errors_total: '0+1x40' },
    quiet: 10,
    fires: 20,
  },
  { alert: 'AlertsNotSent', series: { prometheus_notifications_errors_total: '5x40' }, quiet: 20 },
  // One request a second, of which all fail.
  { alert: 'ErrorBudgetBurns', series: { [badCount]: '0+60x90', ...promised(week) }, fires: 60 },
  // All answer, none in time.
  {
    alert: 'ErrorBudgetBurns',
    series: { [okCount]: '0+60x90', [good]: '0x90', ...promised(week) },
    labels: 'burn_in="false"',
    fires: 60,
  },
  {
    alert: 'ErrorBudgetBurns',
    series: { [okCount]: '0+60x90', [good]: '0+60x90', ...promised(week) },
    quiet: 60,
  },
  // An objective that nothing knew before: it burns in.
  { alert: 'ErrorBudgetBurns', series: { [badCount]: '0+60x90' }, labels: 'burn_in="true"', fires: 60 },
  { alert: 'ErrorBudgetBurns', series: { [badCount]: '0+60x90' }, labels: 'burn_in="false"', quiet: 60 },
  // Its week ends half an hour after the test begins.
  {
    alert: 'ErrorBudgetBurns',
    series: { [badCount]: '0+60x90', ...promised(week - 1800) },
    labels: 'burn_in="false"',
    quiet: 29,
    fires: 31,
  },
  {
    alert: 'ErrorBudgetBurns',
    series: { [badCount]: '0+60x90', ...promised(week - 1800) },
    labels: 'burn_in="true"',
    fires: 29,
    quiet: 31,
  },
  // Two errors in an hour with next to no traffic: a high ratio, and no page.
  { alert: 'ErrorBudgetBurns', series: { [badCount]: '0 0 0 1 1 2+0x90', ...promised(week) }, quiet: 60 },
];

/** Cases over days, in steps of half an hour. */
const days: Case[] = [
  // Counted for an hour, then no more.
  {
    alert: 'ObjectiveUnmeasured',
    series: { 'app:requests:rate5m{app="orders"}': '1x2 _x60' },
    quiet: 1440,
    fires: 1530,
  },
  // Nobody ever came.
  { alert: 'ObjectiveUnmeasured', series: { 'up{job="orders"}': '1x60' }, quiet: 1560 },
];

const missing = await missingPromtool();

// An ordinary user may install nothing; CI on a machine as root judges the rules.
describe.skipIf(missing !== undefined)(missing ?? 'alerts, by promtool', () => {
  it('are rules that Prometheus takes, in a configuration that it takes', async () => {
    expect(await promtool(['check', 'rules', '--lint-fatal', 'rules.yaml'], { 'rules.yaml': rules })).toBe(
      '',
    );
    const args = ['check', 'config', '--syntax-only', 'prometheus.yaml'];
    expect(await promtool(args, { 'prometheus.yaml': withoutDiscovery(prometheusConfig(env)) })).toBe('');
  });

  it('each fire in one of the cases below', () => {
    const fired = new Set(
      [...cases, ...days].filter(({ fires }) => fires !== undefined).map(({ alert }) => alert),
    );
    const all = rules.groups
      .flatMap((group) => group.rules)
      .flatMap((rule) => ('alert' in rule ? [rule.alert] : []));
    // It is made of `absent`, which a series in a test would end: it has a test of its own.
    expect([...new Set(all)].filter((name) => !fired.has(name))).toEqual(['TargetAbsent']);
  });

  it('each stay quiet in a case in which nothing is wrong, but for the watchdog', () => {
    const healthy = new Set(
      [...cases, ...days].filter(({ fires }) => fires === undefined).map(({ alert }) => alert),
    );
    const all = rules.groups
      .flatMap((group) => group.rules)
      .flatMap((rule) => ('alert' in rule ? [rule.alert] : []));
    expect([...new Set(all)].filter((name) => !healthy.has(name))).toEqual(['Watchdog', 'TargetAbsent']);
  });

  it('fire and stay quiet as each case says', async () => {
    expect(await testRules([...cases.map(ruleTest), absent])).toBe('');
    const halfHours = days.map((each) => ({ ...ruleTest(each), interval: '30m' }));
    expect(await testRules(halfHours, '30m')).toBe('');
  }, 600_000);

  it('are really judged: a case that says the opposite is refused', async () => {
    const wrong = ruleTest({
      alert: 'NodeNotReady',
      series: { 'k8s_node_condition_ready{node="a"}': '1x10' },
      fires: 8,
    });
    expect(await testRules([wrong])).toContain('FAILED');
  });
});

function testRules(tests: object[], interval = '1m'): Promise<string> {
  return promtool(['test', 'rules', 'test.yaml'], {
    'rules.yaml': rules,
    'test.yaml': { rule_files: ['rules.yaml'], evaluation_interval: interval, tests },
  });
}

function ruleTest({ alert, series, fires, quiet, labels }: Case, i = 0): object {
  const at = (minute: number, firing: boolean) => ({
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing"${labels === undefined ? '' : `,${labels}`}}) > bool 0`,
    eval_time: `${minute}m`,
    exp_samples: firing ? [{ labels: '{}', value: 1 }] : [],
  });
  return {
    name: `${alert}, case ${i + 1}`,
    interval: '1m',
    input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
    promql_expr_test: [
      ...(fires === undefined ? [] : [at(fires, true)]),
      ...(quiet === undefined ? [] : [at(quiet, false)]),
    ],
  };
}

/** It names each job of which no pod is found. */
const absent = {
  name: 'TargetAbsent',
  interval: '1m',
  input_series: [{ series: 'up{job="orders"}', values: '1x30' }],
  promql_expr_test: [
    {
      expr: 'count(ALERTS{alertname="TargetAbsent",alertstate="firing",job="cert-manager"})',
      eval_time: '16m',
      exp_samples: [{ labels: '{}', value: 1 }],
    },
    { expr: 'count(ALERTS{alertname="TargetAbsent",job="orders"})', eval_time: '16m', exp_samples: [] },
  ],
};
