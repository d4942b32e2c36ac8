import type { Environment } from '../../model/graph.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';
import { namespaceOf } from '../kube/names.ts';
import { runs } from './observed.ts';

/*
 * PromQL queries, shared by dashboards, `npm run top` and the test against a running Prometheus. `window` is the window of a rate: a
 * duration or a variable of Grafana.
 */

/** Server spans: a request is counted where it is served. */
const served = 'span_kind="SPAN_KIND_SERVER"';

/**
 * Queries of requests, from the series that match a selector; grouped by the given labels, or summed. `calls`: a counter, `durations`: the
 * buckets of a histogram, `bad`: the labels of requests that failed.
 */
function requestQueries(calls: string, durations: string, bad: string) {
  const requests = (selector: string, window: string, by = '') =>
    `sum${grouped(by)} (rate(${calls}{${selector}}[${window}]))`;
  const errors = (selector: string, window: string, by = '') => requests(joined(selector, bad), window, by);
  /** In seconds. */
  const quantile = (quantile: number, selector: string, window: string, by = '') =>
    `histogram_quantile(${quantile}, sum by (${joined('le', by)}) (rate(${durations}{${selector}}[${window}])))`;
  return {
    requests,
    errors,
    /** From 0 to 1; also 0 if nothing ever failed and there is no series. */
    failed: (selector: string, window: string) =>
      `(${errors(selector, window)} or vector(0)) / ${requests(selector, window)}`,
    quantile,
    slow: (selector: string, window: string) => quantile(0.95, selector, window),
  };
}

const spans = requestQueries(
  'traces_span_metrics_calls_total',
  'traces_span_metrics_duration_seconds_bucket',
  'status_code="STATUS_CODE_ERROR"',
);

/** The requests that the gateway routed. The label `service_name` comes from the name of the route. */
const routed = requestQueries(
  'traefik_router_requests_total',
  'traefik_router_request_duration_seconds_bucket',
  'code=~"5.."',
);

/** An app that sends no spans is measured at the gateway. `spans`: a query that has values if it sends some. `on`: the labels of an app. */
const elseRouted = (query: string, atGateway: string, spans: string, on = '') =>
  `(${query} or (${atGateway} unless on (${on}) ${spans}))`;

const each = 'service_name';
const anyApp = `${each}!=""`;

/** Resources and requests of each app and operator, one series each. */
const usage = {
  /** Cores. */
  cpu: (window: string) => `sum by (namespace) (rate(container_cpu_usage_seconds_total[${window}]))`,
  /** Bytes. */
  memory: () => 'sum by (namespace) (container_memory_working_set_bytes)',
  requests: (window: string) =>
    ofEach(spans.requests(served, window, each), routed.requests(anyApp, window, each), window),
  errors: (window: string) =>
    ofEach(spans.errors(served, window, each), routed.errors(anyApp, window, each), window),
  slow: (window: string) =>
    ofEach(spans.quantile(0.95, served, window, each), routed.quantile(0.95, anyApp, window, each), window),
};

function ofEach(query: string, atGateway: string, window: string): string {
  return elseRouted(query, atGateway, spans.requests(served, window, each), each);
}

/**
 * Series that rules record every minute; the label `app` is the namespace of the workload. apps/home reads them by these names
 * (`apps/home/src/signals.ts`).
 */
export const appSeries = {
  /** Per second. */
  requests: 'app:requests:rate5m',
  /** Share of requests, from 0 to 1. */
  failed: 'app:failed_requests:ratio5m',
  /** Seconds, 95th percentile. */
  slow: 'app:duration_seconds:p95_5m',
  /** Bytes, sum of all pods. */
  memory: 'app:memory_bytes:sum',
} as const;

/** Queries of one app, by signal. */
function app(name: string) {
  const service = `service_name="${name}",${served}`;
  const route = `service_name="${name}"`;
  const ofApp = (query: string, atGateway: string, window: string) =>
    elseRouted(query, atGateway, spans.requests(service, window));
  const quantile = (of: number, window: string) =>
    ofApp(spans.quantile(of, service, window), routed.quantile(of, route, window), window);
  const space = `namespace="${namespaceOf({ name })}"`;
  const container = `${space},container="${name}"`;
  return {
    requests: (window: string) =>
      ofApp(
        spans.requests(service, window, 'span_name'),
        `label_replace(${routed.requests(route, window, 'method')}, "span_name", "$1", "method", "(.+)")`,
        window,
      ),
    failed: (window: string) => ofApp(spans.failed(service, window), routed.failed(route, window), window),
    median: (window: string) => quantile(0.5, window),
    slow: (window: string) => quantile(0.95, window),
    slowest: (window: string) => quantile(0.99, window),
    outgoing: (window: string) =>
      spans.quantile(0.95, `service_name="${name}",span_kind="SPAN_KIND_CLIENT"`, window, 'span_name'),
    cpu: (window: string) => `sum by (pod) (rate(container_cpu_usage_seconds_total{${space}}[${window}]))`,
    cpuReserved: () => `max(k8s_container_cpu_request{${container}})`,
    memory: () => `sum by (pod) (container_memory_working_set_bytes{${space}})`,
    memoryLimit: () => `max(k8s_container_memory_limit_bytes{${container}})`,
    pods: () => `k8s_deployment_available{${space}} or k8s_statefulset_ready_pods{${space}}`,
    podsWanted: () => `k8s_deployment_desired{${space}} or k8s_statefulset_desired_pods{${space}}`,
    restarts: () => `sum by (pod, container) (k8s_container_restarts{${space}})`,
    /** Containers younger than ten minutes, by image tag: a release, or a pod that moved. */
    started: () =>
      `max by (image_tag) (k8s_container_ready{${container}}) unless max by (image_tag) (k8s_container_ready{${container}} offset 10m)`,
    certificates: () =>
      `min by (name) (certmanager_certificate_expiration_timestamp_seconds{exported_namespace="${namespaceOf({ name })}"}) - time()`,
  };
}

/** Recorded shares of bad requests of an app with an objective; its alerts compare them. */
function objective(name: string) {
  return {
    bad1h: () => `app:bad_requests:ratio1h{app="${name}"}`,
    bad6h: () => `app:bad_requests:ratio6h{app="${name}"}`,
    bad3d: () => `app:bad_requests:ratio3d{app="${name}"}`,
  };
}

/** Queries of the PostgreSQL that an app owns. */
function database(name: string) {
  const job = `job="${databaseCluster(name)}"`;
  return {
    up: () => `cnpg_collector_up{${job}}`,
    connections: () => `sum by (pod, state) (cnpg_connections_count{${job}})`,
    connectionsLimit: () => `min(cnpg_settings_max_connections{${job}})`,
    commits: (window: string) => `sum by (pod) (rate(cnpg_traffic_commits{${job}}[${window}]))`,
    rollbacks: (window: string) => `sum by (pod) (rate(cnpg_traffic_rollbacks{${job}}[${window}]))`,
    deadlocks: (window: string) => `sum by (pod) (rate(cnpg_traffic_deadlocks{${job}}[${window}]))`,
    cacheHits: (window: string) =>
      `sum by (pod) (rate(cnpg_traffic_blocks_hit{${job}}[${window}])) / sum by (pod) (rate(cnpg_traffic_blocks_hit{${job}}[${window}]) + rate(cnpg_traffic_blocks_read{${job}}[${window}]))`,
    /** Seconds per second, of the ten statements with the most total time. */
    statements: (window: string) =>
      `topk(10, sum by (fingerprint, statement) (rate(cnpg_statements_seconds{${job}}[${window}])))`,
    size: () => `max(cnpg_traffic_size_bytes{${job}})`,
    replicationLag: () => `max by (pod) (cnpg_replication_lag_seconds{${job}})`,
    backupAge: () => `time() - max(cnpg_collector_last_available_backup_timestamp{${job}} > 0)`,
  };
}

/** Queries of the job queue, from metrics of the app `jobs`. */
const queue = {
  enqueued: (window: string) => `sum by (queue) (rate(jobs_enqueued_total[${window}]))`,
  attempts: (window: string) => `sum by (queue, outcome) (rate(jobs_attempts_total[${window}]))`,
  /** Time from a job's scheduled start until a worker takes it. */
  pickUp: (window: string) =>
    `histogram_quantile(0.95, sum by (le, queue) (rate(jobs_pick_up_seconds_bucket[${window}])))`,
  attempt: (window: string) =>
    `histogram_quantile(0.95, sum by (le, queue) (rate(jobs_attempt_seconds_bucket[${window}])))`,
};

const disks = 'fstype!~"tmpfs|overlay|squashfs|ramfs"';

const nodes = {
  ready: () => 'k8s_node_condition_ready',
  cpu: (window: string) => `1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[${window}]))`,
  memory: () => '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes',
  disk: () =>
    `1 - min by (node, mountpoint) (node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}})`,
  /** Share of time in which a process waited for the processor, memory or a disk. */
  cpuPressure: (window: string) => `sum by (node) (rate(node_pressure_cpu_waiting_seconds_total[${window}]))`,
  memoryPressure: (window: string) =>
    `sum by (node) (rate(node_pressure_memory_waiting_seconds_total[${window}]))`,
  diskPressure: (window: string) => `sum by (node) (rate(node_pressure_io_waiting_seconds_total[${window}]))`,
};

/** The API server, and etcd as it sees it. */
const controlPlane = {
  requests: (window: string) => `sum by (verb) (rate(apiserver_request_total[${window}]))`,
  failed: (window: string) => `sum by (code) (rate(apiserver_request_total{code=~"5..|429"}[${window}]))`,
  open: () => 'sum by (request_kind) (apiserver_current_inflight_requests)',
  memory: () => 'process_resident_memory_bytes{job="kube-apiserver"}',
  etcdDuration: (window: string) =>
    `sum by (node) (rate(etcd_request_duration_seconds_sum[${window}])) / sum by (node) (rate(etcd_request_duration_seconds_count[${window}]))`,
  etcdSize: () => 'max by (node) (apiserver_storage_size_bytes)',
};

const flux = {
  reconciliations: (window: string) =>
    `sum by (controller, result) (rate(controller_runtime_reconcile_total{job=~".+-controller"}[${window}]))`,
  slow: (window: string) =>
    `histogram_quantile(0.95, sum by (le, controller) (rate(controller_runtime_reconcile_time_seconds_bucket{job=~".+-controller"}[${window}])))`,
};

const certificates = {
  notReady: () => 'sum(certmanager_certificate_ready_status{condition!="True"} == 1) or vector(0)',
};

const gateway = {
  requests: (window: string) =>
    `sum by (entrypoint, code) (rate(traefik_entrypoint_requests_total[${window}]))`,
  slow: (window: string) =>
    `histogram_quantile(0.95, sum by (le, entrypoint) (rate(traefik_entrypoint_request_duration_seconds_bucket[${window}])))`,
  open: () => 'sum by (entrypoint) (traefik_open_connections)',
};

const telemetry = {
  targetsDown: () => 'count(up == 0) or vector(0)',
  series: () => 'prometheus_tsdb_head_series',
  spans: (window: string) => `sum by (job) (rate(otelcol_receiver_accepted_spans_total[${window}]))`,
  lines: (window: string) => `sum by (job) (rate(otelcol_receiver_accepted_log_records_total[${window}]))`,
  /** From 0 to 1: some queues count bytes, others lines. */
  queued: () =>
    'sum by (job, exporter) (otelcol_exporter_queue_size) / sum by (job, exporter) (otelcol_exporter_queue_capacity)',
  firing: () => 'ALERTS{alertstate="firing",alertname!="Watchdog",burn_in!="true"}',
};

/** Fill level of volumes, from 0 to 1. */
const volumes = {
  used: () => '1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes',
};

export const queries = {
  spans,
  usage,
  app,
  objective,
  database,
  queue,
  nodes,
  controlPlane,
  flux,
  certificates,
  gateway,
  telemetry,
  volumes,
} as const;

/** A query with the name that people and tests see. */
export interface NamedQuery {
  name: string;
  expr: string;
  /** Reason why a healthy cluster can have no such series; absent if it must have one. */
  mayBeEmpty?: string;
}

/** Queries that can be empty in a healthy cluster, with the reason. */
const onlyWhen: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['requests', 'failed', 'median', 'slow', 'slowest'].map((name) => [
      `app.${name}`,
      'it served no requests',
    ]),
  ),
  'app.outgoing': 'it made no calls',
  'app.pods': 'it has no pods that run for long',
  'app.podsWanted': 'it has no pods that run for long',
  'app.started': 'no container started in the last ten minutes',
  'app.certificates': 'its namespace has no certificate',
  'objective.bad1h': 'it served no requests for an hour',
  'objective.bad6h': 'it served no requests for six hours',
  'objective.bad3d': 'it served no requests for three days',
  'database.backupAge': 'no backup was made yet',
  'queue.enqueued': 'no job was enqueued',
  'queue.attempts': 'no job ran',
  'queue.pickUp': 'no job ran',
  'queue.attempt': 'no job ran',
  ...Object.fromEntries(
    ['requests', 'slow'].map((name) => [`usage.${name}`, 'nobody made a request, for an hour']),
  ),
  'usage.errors': 'no request failed',
  'control plane.failed': 'no request failed',
  'gateway.requests': 'nobody came',
  'gateway.slow': 'nobody came',
  'telemetry.firing': 'nothing fires',
  'volumes.used': 'the storage class does not report how full a volume is',
};

/** Every query of every dashboard of an environment, for the test against a running Prometheus. */
export function allQueries(env: Environment, window = '5m'): NamedQuery[] {
  const owners = new Set(databasesOf(env).map((database) => database.app));
  const has = (operator: string, kind: string, each: Queries): Group[] =>
    runs(env, operator) ? [{ kind, each }] : [];
  const groups: Group[] = [
    { kind: 'usage', each: usage },
    ...env.apps.flatMap(({ name, objective: promised }): Group[] => [
      { kind: 'app', of: name, each: app(name) },
      ...(promised === undefined ? [] : [{ kind: 'objective', of: name, each: objective(name) }]),
      ...(owners.has(name) ? [{ kind: 'database', of: name, each: database(name) }] : []),
    ]),
    ...(env.apps.some(({ name }) => name === queueApp) ? [{ kind: 'queue', each: queue }] : []),
    { kind: 'nodes', each: nodes },
    { kind: 'control plane', each: controlPlane },
    ...has('flux', 'flux', flux),
    ...has('cert-manager', 'certificates', certificates),
    ...has('traefik', 'gateway', gateway),
    { kind: 'telemetry', each: telemetry },
    { kind: 'volumes', each: volumes },
  ];
  return groups.flatMap(({ kind, of, each }) =>
    Object.entries(each).map(([name, query]) => {
      const mayBeEmpty = onlyWhen[`${kind}.${name}`];
      return {
        name: [kind, of, name].filter((part) => part !== undefined).join('.'),
        expr: query(window),
        ...(mayBeEmpty === undefined ? {} : { mayBeEmpty }),
      };
    }),
  );
}

type Queries = Readonly<Record<string, (window: string) => string>>;

/** Queries of one kind, for one app or all. */
interface Group {
  kind: string;
  of?: string;
  each: Queries;
}

/** The app that has the metrics of the queue. */
export const queueApp = 'jobs';

function grouped(by: string): string {
  return by === '' ? '' : ` by (${by})`;
}

function joined(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(',');
}
