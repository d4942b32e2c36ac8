import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { allow, pods, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { alertRules } from '../../charts/observability/alert-rules.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { kubeletPort, prometheusConfig } from '../../charts/observability/prometheus-config.ts';
import { scrapeTargets } from '../../charts/observability/scrape-targets.ts';
import { signalReaders } from '../../charts/observability/signal-use.ts';
import { store } from '../../charts/observability/store.ts';
import type { Environment } from '../../model/graph.ts';
import { inUnits } from '../../model/schema/quantity.ts';

const name = 'prometheus';
/** Part of the volume that samples may take: the log of what is not yet in a block, and compaction, need the rest. */
const usable = 0.8;

/** Prometheus, one pod. Its API and page answer to a port-forward, to Grafana, and to apps with the edge `metrics`. */
export function chart(env: Environment): Component {
  const { retention, storage } = env.cluster;
  return component(name, (chart) => {
    clusterRole(chart, name, { serviceAccount: name, namespace: name }, [
      { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      // Of the API server.
      { nonResourceUrLs: ['/metrics'], verbs: ['get'] },
    ]);
    store(chart, env, {
      name,
      size: storage.metrics,
      configuration: {
        folder: '/etc/prometheus',
        files: {
          'prometheus.yaml': stringify(prometheusConfig(env)),
          'alerts.yaml': stringify(alertRules(env)),
        },
      },
      kubernetesApi: true,
      // It writes the samples that it holds in memory to the disk first.
      terminationGracePeriodSeconds: 120,
      container: {
        args: [
          '--config.file=/etc/prometheus/prometheus.yaml',
          '--storage.tsdb.path=/data',
          `--storage.tsdb.retention.time=${retention.metrics}`,
          `--storage.tsdb.retention.size=${Math.floor(usable * inUnits(storage.metrics))}B`,
          '--storage.tsdb.wal-compression',
          '--enable-feature=exemplar-storage',
          `--web.listen-address=:${ports.metrics}`,
          '--log.format=json',
        ],
        ports: [{ name: 'http', containerPort: ports.metrics }],
        env: [goMemoryLimit(name)],
        readinessProbe: httpProbe('http', '/-/ready', { period: 5 }),
        // Replaying its log after a crash takes minutes, during which it answers that it is healthy.
        livenessProbe: httpProbe('http', '/-/healthy', { period: 20, failures: 6 }),
        resources: { cpu: '50m', memory: '160Mi', memoryLimit: '512Mi' },
      },
    });
    const readers = signalReaders(env, name);
    if (readers.length > 0) service(chart, name, name, [{ name: 'http', port: ports.metrics }]);
    allow(chart, name, name, {
      ingress: readers.length > 0 ? [{ peers: readers, ports: [{ port: ports.metrics }] }] : [],
      egress: [
        toDns,
        toKubernetesApi,
        { ports: [{ port: kubeletPort }] },
        { peers: [pods('alertmanager', 'alertmanager')], ports: [{ port: ports.alertmanager }] },
        ...scrapeTargets(env).map(({ peer, port }) => ({ peers: [peer], ports: [{ port }] })),
      ],
    });
  });
}
