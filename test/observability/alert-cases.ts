/** Series, the minute at which an alert fires for them, and the minute at which it does not. `x` in a series is one sample per minute. */
export interface AlertCase {
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

/** The queue of an app in the agent, by minute. */
function queued(sizes: string): Record<string, string> {
  const labels = '{job="opentelemetry-agent",exporter="otlp_http/orders",data_type="logs"}';
  return {
    [`otelcol_exporter_queue_size${labels}`]: sizes,
    [`otelcol_exporter_queue_capacity${labels}`]: '2000x30',
  };
}

/** Requests that the API server answered, so many a minute. */
function answers(good: number, failed: number): Record<string, string> {
  return {
    'apiserver_request_total{job="kube-apiserver",code="200"}': `0+${good}x40`,
    'apiserver_request_total{job="kube-apiserver",code="503"}': `0+${failed}x40`,
  };
}

/** Requests of the API server to etcd, so many and so many seconds a minute. */
function etcdRequests(count: number, seconds: number): Record<string, string> {
  return {
    'etcd_request_duration_seconds_count{node="a"}': `0+${count}x40`,
    'etcd_request_duration_seconds_sum{node="a"}': `0+${seconds}x40`,
  };
}

/** Free bytes of a volume of a hundred. */
function volume(available: string): Record<string, string> {
  return {
    'kubelet_volume_stats_available_bytes{persistentvolumeclaim="a"}': available,
    'kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="a"}': '100x400',
  };
}

/** Nodes of a DaemonSet. */
function daemonSet(ready: string, desired: string): Record<string, string> {
  return {
    'k8s_daemonset_ready_nodes{namespace="a",daemonset="b"}': ready,
    'k8s_daemonset_desired_scheduled_nodes{namespace="a",daemonset="b"}': desired,
  };
}

/** Pods of a StatefulSet. */
function statefulSet(ready: string, desired: string): Record<string, string> {
  return {
    'k8s_statefulset_ready_pods{namespace="a",statefulset="b"}': ready,
    'k8s_statefulset_desired_pods{namespace="a",statefulset="b"}': desired,
  };
}

/** Pods of a Job that needs one success, by minute. */
function jobPods(pods: { failed: string; active: string; succeeded: string }): Record<string, string> {
  const labels = '{namespace="a",job="b"}';
  return {
    [`k8s_job_failed_pods${labels}`]: pods.failed,
    [`k8s_job_active_pods${labels}`]: pods.active,
    [`k8s_job_successful_pods${labels}`]: pods.succeeded,
    [`k8s_job_desired_successful_pods${labels}`]: '1x80',
  };
}

/** Reconciliations of Kustomizations. */
function reconciled(counts: string): Record<string, string> {
  const labels = 'job="kustomize-controller",controller="kustomization",result="success"';
  return { [`controller_runtime_reconcile_total{${labels}}`]: counts };
}

/** Connections in two states, of a hundred. */
function connections(idle: number, active: number): Record<string, string> {
  const pod = 'job="orders-db",pod="a"';
  return {
    [`cnpg_connections_count{${pod},state="idle"}`]: `${idle}x30`,
    [`cnpg_connections_count{${pod},state="active"}`]: `${active}x30`,
    [`cnpg_settings_max_connections{${pod}}`]: '100x30',
  };
}

const etcdSize = 'apiserver_storage_size_bytes{node="a"}';

export const cases: AlertCase[] = [
  { alert: 'Watchdog', series: { 'up{job="orders"}': '1x5' }, fires: 1 },
  { alert: 'TargetDown', series: { 'up{job="orders",pod="a"}': '0x20' }, quiet: 9, fires: 11 },
  { alert: 'TargetDown', series: { 'up{job="orders",pod="a"}': '1x20' }, quiet: 15 },
  { alert: 'ApiServerFails', series: answers(500, 50), quiet: 5, fires: 25 },
  { alert: 'ApiServerFails', series: answers(2000, 50), quiet: 30 },
  { alert: 'ApiServerFails', series: answers(5, 3), quiet: 30 },
  { alert: 'ApiServerAbsent', series: { 'up{job="orders"}': '1x30' }, quiet: 14, fires: 16 },
  { alert: 'ApiServerAbsent', series: { 'up{job="kube-apiserver"}': '1x30' }, quiet: 20 },
  { alert: 'EtcdSlow', series: etcdRequests(100, 50), quiet: 10, fires: 30 },
  { alert: 'EtcdSlow', series: etcdRequests(100, 5), quiet: 30 },
  { alert: 'EtcdFull', series: { [etcdSize]: `${1.8 * 2 ** 30}x20` }, quiet: 9, fires: 11 },
  { alert: 'EtcdFull', series: { [etcdSize]: `${2 ** 29}x20` }, quiet: 15 },
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
  // It runs for minutes before it crashes: one restart every nine minutes.
  {
    alert: 'ContainerRestarts',
    series: {
      'k8s_container_restarts{namespace="a",pod="b",container="c"}': Array.from(
        { length: 20 },
        (_, i) => `${i}x8`,
      ).join(' '),
    },
    quiet: 30,
    fires: 90,
  },
  // Two restarts in three hours.
  {
    alert: 'ContainerRestarts',
    series: { 'k8s_container_restarts{namespace="a",pod="b",container="c"}': '0x60 1x60 2x80' },
    quiet: 190,
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
  { alert: 'StatefulSetUnavailable', series: statefulSet('2x30', '3x30'), quiet: 14, fires: 16 },
  { alert: 'StatefulSetUnavailable', series: statefulSet('3x30', '3x30'), quiet: 25 },
  {
    alert: 'DaemonSetUnavailable',
    series: daemonSet('2x30', '3x30'),
    quiet: 14,
    fires: 16,
  },
  { alert: 'DaemonSetUnavailable', series: daemonSet('3x30', '3x30'), quiet: 25 },
  // The second attempt fails at minute 2; then it is not tried again.
  {
    alert: 'JobFailed',
    series: jobPods({ failed: '0 1 2+0x30', active: '1 1 0+0x30', succeeded: '0x30' }),
    quiet: 11,
    fires: 14,
  },
  // The second attempt succeeds.
  {
    alert: 'JobFailed',
    series: jobPods({ failed: '0 1+0x60', active: '1 1 0+0x60', succeeded: '0 0 1+0x60' }),
    quiet: 50,
  },
  // It is tried again: the pause between two attempts is six minutes at most.
  {
    alert: 'JobFailed',
    series: jobPods({ failed: '1x7 2x7 3x60', active: '0x5 1 1 0x5 1 1 0x60', succeeded: '0x80' }),
    quiet: 20,
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
  // Full in two days at this rate; a volume of two hours is too young for a line through its days.
  { alert: 'VolumeFull', series: volume('39-0.01x400'), quiet: 120, fires: 370 },
  { alert: 'VolumeFull', series: volume('80-0.01x400'), quiet: 390 },
  { alert: 'NodeNotReady', series: { 'k8s_node_condition_ready{node="a"}': '0x10' }, quiet: 4, fires: 6 },
  { alert: 'NodeNotReady', series: { 'k8s_node_condition_ready{node="a"}': '1x10' }, quiet: 8 },
  // Without power: its kubelet says nothing.
  {
    alert: 'NodeNotReady',
    series: { 'k8s_node_condition_ready{node="a"}': '1x3 -1x10' },
    quiet: 8,
    fires: 10,
  },
  { alert: 'ClusterStateAbsent', series: { 'up{job="orders"}': '1x30' }, quiet: 14, fires: 16 },
  { alert: 'ClusterStateAbsent', series: { 'k8s_node_condition_ready{node="a"}': '1x30' }, quiet: 25 },
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
  // No time service runs. The first sample is of 1970: a minute fast, and in time.
  { alert: 'ClockSkew', series: { 'node_time_seconds{node="a"}': '60+60x20' }, quiet: 9, fires: 11 },
  { alert: 'ClockSkew', series: { 'node_time_seconds{node="a"}': '-3600+60x20' }, quiet: 9, fires: 11 },
  { alert: 'ClockSkew', series: { 'node_time_seconds{node="a"}': '1+60x20' }, quiet: 15 },
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
  { alert: 'FluxStale', series: reconciled('0+1x20 20x70'), quiet: 60, fires: 70 },
  { alert: 'FluxStale', series: reconciled('0+1x90'), quiet: 80 },
  // One of the two does its work.
  {
    alert: 'FluxStale',
    series: {
      ...reconciled('0+1x90'),
      'controller_runtime_reconcile_total{job="source-controller",controller="gitrepository",result="success"}':
        '7x90',
    },
    fires: 60,
  },
  {
    alert: 'ArtifactsBehind',
    series: { 'folder_artifacts_behind{job="folder-artifacts"}': '0x5 2x30' },
    quiet: 20,
    fires: 22,
  },
  // Commits that come one after the other.
  {
    alert: 'ArtifactsBehind',
    series: { 'folder_artifacts_behind{job="folder-artifacts"}': '1 0x8 1 0x30' },
    quiet: 39,
  },
  // Two pods of the front page; one has not seen it yet.
  {
    alert: 'KustomizationFails',
    series: {
      'flux_kustomization_ready{pod="a",name="orders"}': '0x30',
      'flux_kustomization_ready{pod="b",name="orders"}': '1 0x30',
      'flux_kustomization_ready{pod="a",name="jobs"}': '1x30',
    },
    quiet: 14,
    fires: 16,
  },
  {
    alert: 'KustomizationFails',
    series: { 'flux_kustomization_ready{pod="a",name="orders"}': '0x10 1x30' },
    quiet: 30,
  },
  { alert: 'DatabaseConnectionsUsed', series: connections(61, 30), quiet: 4, fires: 6 },
  { alert: 'DatabaseConnectionsUsed', series: connections(59, 30), quiet: 20 },
  {
    alert: 'DatabaseDeadlocks',
    series: { 'cnpg_traffic_deadlocks{job="orders-db",pod="a"}': '0+1x30' },
    quiet: 2,
    fires: 10,
  },
  {
    alert: 'DatabaseDeadlocks',
    series: { 'cnpg_traffic_deadlocks{job="orders-db",pod="a"}': '0 0 1 1 2+0x60' },
    quiet: 40,
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
  // A preview has one instance.
  {
    alert: 'DatabaseInstanceDown',
    series: { 'cnpg_collector_up{job="pr-12-orders-db",pod="a"}': '1x30' },
    quiet: 20,
  },
  {
    alert: 'DatabaseInstanceDown',
    series: { 'cnpg_collector_up{job="pr-12-orders-db",pod="a"}': '0x30' },
    labels: 'job="pr-12-orders-db"',
    quiet: 9,
    fires: 11,
  },
  // Every instance is gone, and their series with them.
  {
    alert: 'DatabaseAbsent',
    series: { 'cnpg_collector_up{job="orders-db",pod="a"}': '1x5 stale' },
    labels: 'job="orders-db"',
    quiet: 14,
    fires: 18,
  },
  {
    alert: 'DatabaseAbsent',
    series: { 'cnpg_collector_up{job="orders-db",pod="a"}': '1x30' },
    labels: 'job="orders-db"',
    quiet: 25,
  },
  {
    alert: 'DatabaseMetricsFail',
    series: { 'cnpg_collector_last_collection_error{job="orders-db",pod="a"}': '1x30' },
    quiet: 14,
    fires: 16,
  },
  {
    alert: 'DatabaseMetricsFail',
    series: { 'cnpg_collector_last_collection_error{job="orders-db",pod="a"}': '0x30' },
    quiet: 25,
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
    alert: 'BackupMissing',
    series: { 'cnpg_collector_last_available_backup_timestamp{job="orders-db"}': '0x400' },
    quiet: 350,
    fires: 370,
  },
  {
    alert: 'BackupMissing',
    series: { 'cnpg_collector_last_available_backup_timestamp{job="orders-db"}': '0x5 300x400' },
    quiet: 390,
  },
  {
    alert: 'NotificationsFail',
    series: { 'alertmanager_notifications_failed_total{integration="slack",reason="clientError"}': '0+1x60' },
    quiet: 10,
    fires: 30,
  },
  {
    alert: 'NotificationsFail',
    series: { 'alertmanager_notifications_failed_total{integration="slack",reason="clientError"}': '2x60' },
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
  { alert: 'LogsDelayed', series: queued('1950x30'), quiet: 4, fires: 11 },
  // A batch on its way at every other look, as in an app that writes often.
  { alert: 'LogsDelayed', series: queued(Array(15).fill('1950 900').join(' ')), quiet: 30 },
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
  // Two replicas of the gate see the same pod.
  {
    alert: 'RolloutStopped',
    series: {
      'rollout_gate_stopped_pods{app="orders",pod="a"}': '0x5 1x10',
      'rollout_gate_stopped_pods{app="orders",pod="b"}': '0x5 1x10',
    },
    quiet: 5,
    fires: 7,
  },
  { alert: 'RolloutStopped', series: { 'rollout_gate_stopped_pods{app="orders"}': '0x20' }, quiet: 15 },
  { alert: 'RolloutUnjudged', series: { 'rollout_gate_looks_total{outcome="failed"}': '0+4x30' }, fires: 20 },
  {
    alert: 'RolloutUnjudged',
    series: {
      'rollout_gate_looks_total{outcome="failed"}': '0 0 2+0x30',
      'rollout_gate_looks_total{outcome="alike"}': '0+4x30',
    },
    quiet: 20,
  },
  { alert: 'RolloutGateDown', series: { 'up{job="rollout-gate",pod="a"}': '0x20' }, quiet: 4, fires: 6 },
  {
    alert: 'RolloutGateDown',
    series: { 'up{job="rollout-gate",pod="a"}': '0x20', 'up{job="rollout-gate",pod="b"}': '1x20' },
    quiet: 15,
  },
];

/** Cases over days, in steps of half an hour. */
export const days: AlertCase[] = [
  // Counted for an hour, then no more.
  {
    alert: 'ObjectiveUnmeasured',
    series: { 'app:requests:rate5m{app="orders"}': '1x2 _x60' },
    quiet: 1440,
    fires: 1530,
  },
  // After a day it is old.
  {
    alert: 'JobFailed',
    series: jobPods({ failed: '0 2+0x60', active: '0x60', succeeded: '0x60' }),
    fires: 1410,
    quiet: 1530,
  },
  // Nobody ever came.
  { alert: 'ObjectiveUnmeasured', series: { 'up{job="orders"}': '1x60' }, quiet: 1560 },
];
