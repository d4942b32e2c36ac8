import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { signInProxy } from '../../model/people.ts';
import { namespaceOf } from '../kube/names.ts';
import { kubernetesApiPort } from '../kube/network-policy.ts';
import { ports, serviceName } from './endpoints.ts';
import { clientFiles } from './mutual-identity.ts';
import { type ScrapeTarget, scrapeTargets } from './scrape-targets.ts';
import { signalLimits } from './signal-limits.ts';

/** Port of the kubelet's own API (kubelet, `--port`). */
export const kubeletPort = 10250;

/** Time between two readings of a target. */
export const scrapeInterval = '30s';

/** Configuration of Prometheus: it finds the pods of the graph's workloads by Kubernetes service discovery. */
export function prometheusConfig(env: Environment): object {
  return {
    global: {
      scrape_interval: scrapeInterval,
      evaluation_interval: '30s',
      external_labels: { cluster: env.cluster.name },
    },
    rule_files: ['/etc/prometheus/alerts.yaml'],
    alerting: {
      alertmanagers: [
        {
          scheme: 'https',
          tls_config: clientTls('alertmanager'),
          static_configs: [{ targets: [`${serviceName('alertmanager')}:${ports.alertmanager}`] }],
        },
      ],
    },
    scrape_configs: [
      { job_name: 'prometheus', static_configs: [{ targets: [`localhost:${ports.metrics}`] }] },
      ...scrapeTargets(env).map((target) => scrapeConfig(target, env)),
      ...kubelet(env),
      apiServer,
    ],
  };
}

/** `server_name`: Prometheus connects to pod addresses, and a pod has the certificate of its Service. */
function clientTls(operator: string): object {
  const { certificate, key, roots } = clientFiles(operator);
  return { ca_file: roots, cert_file: certificate, key_file: key, server_name: serviceName(operator) };
}

function scrapeConfig(
  { job, namespace, labels, port, path, mutual }: ScrapeTarget,
  { apps }: Pick<Environment, 'apps'>,
): object {
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return {
    // Each scrape job has a unique name; the label `job` is the workload's name.
    job_name: `${job}:${port}`,
    metrics_path: path,
    ...(mutual === undefined ? {} : { scheme: 'https', tls_config: clientTls(mutual) }),
    // The collector's metrics are about apps, pods and nodes, with the same label names as those of its own pod.
    ...(port === ports.derivedMetrics || port === ports.appMetrics ? { honor_labels: true } : {}),
    // A process that creates a series per request loses only its own metrics.
    sample_limit: signalLimits.series,
    body_size_limit: signalLimits.scrape,
    label_limit: 2 * signalLimits.labels,
    label_name_length_limit: 256,
    label_value_length_limit: 4096,
    kubernetes_sd_configs: [
      { role: 'pod', namespaces: { names: [namespace] }, selectors: [{ role: 'pod', label: selector }] },
    ],
    relabel_configs: [
      // Keeps one target of a pod's containers and ports.
      { source_labels: ['__meta_kubernetes_pod_phase'], action: 'keep', regex: 'Running' },
      { source_labels: ['__meta_kubernetes_pod_ip'], target_label: '__address__', replacement: `$1:${port}` },
      { target_label: 'job', replacement: job },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { source_labels: ['__meta_kubernetes_pod_node_name'], target_label: 'node' },
    ],
    ...(port === ports.derivedMetrics ? { metric_relabel_configs: overflow } : {}),
    ...(job === gatewayJob
      ? { metric_relabel_configs: apps.filter(({ hosts }) => hosts.length > 0).map(routeOf) }
      : {}),
  };
}

/** Spans beyond the limit of names have no attribute but this one (spanmetrics, `aggregation_cardinality_limit`), and the job of their service. */
const overflow = [
  { source_labels: ['otel_metric_overflow', 'job'], regex: 'true;(.+)', target_label: 'service_name' },
  {
    source_labels: ['otel_metric_overflow'],
    regex: 'true',
    target_label: 'span_name',
    replacement: 'further names',
  },
];

/** Workload of the gateway. */
const gatewayJob = 'traefik';

/** Names the app of a route, whose namespace is its own or that of the sign-in (Traefik 3.6, provider `kubernetesGateway`). */
function routeOf(app: EnvironmentApp): object {
  return {
    source_labels: ['router'],
    regex: `(?:http|grpc)route-(?:${namespaceOf(app)}|${signInProxy})-${app.name}-gw-.+`,
    target_label: 'service_name',
    replacement: app.name,
  };
}

/** Series of each container and volume, without those that neither an alert nor `npm run top` reads. */
const kept = {
  '/metrics/cadvisor': 'container_(cpu_usage_seconds_total|memory_working_set_bytes)',
  '/metrics': 'kubelet_volume_stats_(available|capacity)_bytes',
} as const;

/** Token of Prometheus' own service account, and the CA of the cluster. */
const account = '/var/run/secrets/kubernetes.io/serviceaccount';

function kubelet({ cluster }: Environment): object[] {
  return Object.entries(kept).map(([path, series]) => ({
    job_name: path === '/metrics' ? 'kubelet' : 'cadvisor',
    scheme: 'https',
    metrics_path: path,
    authorization: { credentials_file: `${account}/token` },
    tls_config: {
      ca_file: `${account}/ca.crt`,
      // Kubelets of Kind have self-signed certificates; elsewhere the cluster's CA signs them.
      ...(cluster.provider.kind === 'kind' ? { insecure_skip_verify: true } : {}),
    },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [{ source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' }],
    metric_relabel_configs: [
      { source_labels: ['__name__'], action: 'keep', regex: series },
      // Sums over pods, and cgroups other than containers.
      ...(path === '/metrics' ? [] : [{ source_labels: ['container'], action: 'drop', regex: '' }]),
    ],
  }));
}

/** Series of the API server that an alert or a dashboard reads: all of them would be more than those of everything else. */
const keptOfApiServer = [
  'apiserver_(request_total|current_inflight_requests|storage_size_bytes|storage_objects|resource_objects)',
  'etcd_request_duration_seconds_(sum|count)',
  'process_(resident_memory_bytes|cpu_seconds_total|start_time_seconds)',
].join('|');

/** The API server of each control plane, at the address of its node. It sees how fast and how full etcd is. */
const apiServer = {
  job_name: 'kube-apiserver',
  scheme: 'https',
  authorization: { credentials_file: `${account}/token` },
  tls_config: { ca_file: `${account}/ca.crt`, server_name: 'kubernetes.default.svc' },
  kubernetes_sd_configs: [
    { role: 'node', selectors: [{ role: 'node', label: 'node-role.kubernetes.io/control-plane' }] },
  ],
  relabel_configs: [
    {
      source_labels: ['__meta_kubernetes_node_address_InternalIP'],
      target_label: '__address__',
      replacement: `$1:${kubernetesApiPort}`,
    },
    { source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' },
  ],
  metric_relabel_configs: [{ source_labels: ['__name__'], action: 'keep', regex: keptOfApiServer }],
};
