import type { Environment } from '../../model/graph.ts';
import { ports, serviceName } from './endpoints.ts';
import { clientFiles } from './mutual-identity.ts';
import { type ScrapeTarget, scrapeTargets } from './scrape-targets.ts';

/** Port of the kubelet's own API (kubelet, `--port`). */
export const kubeletPort = 10250;

/** Prometheus' configuration: targets are the pods of the graph's workloads, by Kubernetes' service discovery. */
export function prometheusConfig(env: Environment): object {
  return {
    global: {
      scrape_interval: '30s',
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
      ...scrapeTargets(env).map(scrapeConfig),
      ...kubelet(env),
    ],
  };
}

/** `server_name`: pods are asked by their addresses, and show the certificate of their Service. */
function clientTls(operator: string): object {
  const { certificate, key, roots } = clientFiles(operator);
  return { ca_file: roots, cert_file: certificate, key_file: key, server_name: serviceName(operator) };
}

function scrapeConfig({ job, namespace, labels, port, path, mutual }: ScrapeTarget): object {
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return {
    // A name of its own for each; the label `job` is the workload's.
    job_name: `${job}:${port}`,
    metrics_path: path,
    ...(mutual === undefined ? {} : { scheme: 'https', tls_config: clientTls(mutual) }),
    // What the collector tells of pods and nodes names them by the same labels as those of its own pod.
    ...(port === ports.derivedMetrics ? { honor_labels: true } : {}),
    // A process that makes a series of each request loses its metrics, not everybody theirs.
    sample_limit: 20_000,
    kubernetes_sd_configs: [
      { role: 'pod', namespaces: { names: [namespace] }, selectors: [{ role: 'pod', label: selector }] },
    ],
    relabel_configs: [
      // Of several containers and ports of a pod one stays.
      { source_labels: ['__meta_kubernetes_pod_phase'], action: 'keep', regex: 'Running' },
      { source_labels: ['__meta_kubernetes_pod_ip'], target_label: '__address__', replacement: `$1:${port}` },
      { target_label: 'job', replacement: job },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { source_labels: ['__meta_kubernetes_pod_node_name'], target_label: 'node' },
    ],
  };
}

/** Series of each container and volume; those that neither an alert nor `npm run top` reads are dropped. */
const kept = {
  '/metrics/cadvisor': 'container_(cpu_usage_seconds_total|memory_working_set_bytes|oom_events_total)',
  '/metrics': 'kubelet_volume_stats_(available|capacity)_bytes|kubelet_running_pods',
} as const;

function kubelet({ cluster }: Environment): object[] {
  return Object.entries(kept).map(([path, series]) => ({
    job_name: path === '/metrics' ? 'kubelet' : 'cadvisor',
    scheme: 'https',
    metrics_path: path,
    authorization: { credentials_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
    tls_config: {
      ca_file: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
      // Kind's kubelets sign their own certificates; elsewhere the cluster's CA does.
      ...(cluster.provider.kind === 'kind' ? { insecure_skip_verify: true } : {}),
    },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [{ source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' }],
    metric_relabel_configs: [
      { source_labels: ['__name__'], action: 'keep', regex: series },
      // Sums of pods, and cgroups that are not containers.
      ...(path === '/metrics' ? [] : [{ source_labels: ['container'], action: 'drop', regex: '' }]),
    ],
  }));
}
