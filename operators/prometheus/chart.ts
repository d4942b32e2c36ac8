import { stringify } from 'yaml';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, pods, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import { alertRules } from '../../charts/observability/alert-rules.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { runs } from '../../charts/observability/observed.ts';
import { kubeletPort, prometheusConfig } from '../../charts/observability/prometheus-config.ts';
import { scrapeTargets } from '../../charts/observability/scrape-targets.ts';
import type { Environment } from '../../model/graph.ts';
import { inUnits } from '../../model/schema/quantity.ts';

const name = 'prometheus';
/** Part of the volume that samples may take: the log of what is not yet in a block, and compaction, need the rest. */
const usable = 0.8;

/** Prometheus, one pod. Its API and page answer to a port-forward, and to Grafana where that runs. */
export function chart(env: Environment): Component {
  const { retention, storage } = env.cluster;
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    clusterRole(chart, name, { serviceAccount: name, namespace: name }, [
      { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    ]);
    volumeClaim(chart, name, name, storage.metrics);
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, {
      'prometheus.yaml': stringify(prometheusConfig(env)),
      'alerts.yaml': stringify(alertRules(env)),
    });
    controllerDeployment(chart, {
      name,
      namespace: name,
      update: 'recreate',
      annotations: { [annotations.reload]: 'files' },
      podAnnotations,
      pod: {
        ownsVolumes: true,
        // It writes what it holds in memory to the disk first.
        terminationGracePeriodSeconds: 120,
        container: {
          name,
          image: imageRef(env, name),
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
          // Replaying its log after a crash takes minutes, in which it answers that it is healthy.
          livenessProbe: httpProbe('http', '/-/healthy', { period: 20, failures: 6 }),
          resources: { cpu: '50m', memory: '160Mi', memoryLimit: '512Mi' },
          volumeMounts: [
            { name: 'config', mountPath: '/etc/prometheus', readOnly: true },
            { name: 'data', mountPath: '/data' },
            ...identity.volumeMounts,
          ],
        },
        volumes: [
          { name: 'config', configMap: { name } },
          { name: 'data', persistentVolumeClaim: { claimName: name } },
          ...identity.volumes,
        ],
      },
    });
    if (runs(env, 'grafana')) service(chart, name, name, [{ name: 'http', port: ports.metrics }]);
    denyAll(chart, name, ['Ingress', 'Egress']);
    allow(chart, name, name, {
      ingress: runs(env, 'grafana')
        ? [{ peers: [pods('grafana', 'grafana')], ports: [{ port: ports.metrics }] }]
        : [],
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
