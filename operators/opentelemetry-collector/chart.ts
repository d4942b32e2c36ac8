import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
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
import type { ContainerInput } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { collectorConfig } from '../../charts/observability/collector-config.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { fromPrometheus } from '../../charts/observability/observed.ts';
import { signalStores } from '../../charts/observability/stores.ts';
import { fromApps } from '../../charts/observability/telemetry.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'opentelemetry-collector';

/** The collector to which apps send: it hands traces and log lines to their stores, and has metrics for Prometheus to read. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    clusterRights(chart);
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, {
      'collector.yaml': stringify(collectorConfig(env)),
    });
    controllerDeployment(chart, {
      name,
      namespace: name,
      update: 'rolling',
      annotations: { [annotations.reload]: 'files' },
      podAnnotations,
      pod: {
        ownsVolumes: true,
        container: collectorContainer(env, identity.volumeMounts),
        volumes: [{ name: 'config', configMap: { name } }, ...identity.volumes],
      },
    });
    service(chart, name, name, [{ name: 'otlp', port: ports.otlp }]);
    denyAll(chart, name, ['Ingress', 'Egress']);
    allow(chart, name, name, {
      ingress: [
        ...fromApps(env),
        ...fromPrometheus(env, [ports.ownMetrics, ports.derivedMetrics, ports.appMetrics]),
      ],
      egress: [
        toDns,
        toKubernetesApi,
        ...Object.values(signalStores(env)).map(({ operator, port }) => ({
          peers: [pods(operator, operator)],
          ports: [{ port }],
        })),
      ],
    });
  });
}

/** Read rights for metrics of the cluster (k8sclusterreceiver, 'RBAC'), without kinds that no metric here needs. */
function clusterRights(chart: Chart): void {
  clusterRole(chart, name, { serviceAccount: name, namespace: name }, [
    {
      apiGroups: [''],
      resources: ['namespaces', 'nodes', 'pods', 'replicationcontrollers', 'resourcequotas', 'services'],
      verbs: ['get', 'list', 'watch'],
    },
    {
      apiGroups: ['apps'],
      resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
      verbs: ['get', 'list', 'watch'],
    },
    { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: ['get', 'list', 'watch'] },
    {
      apiGroups: ['autoscaling'],
      resources: ['horizontalpodautoscalers'],
      verbs: ['get', 'list', 'watch'],
    },
  ]);
}

function collectorContainer(env: Environment, identityMounts: readonly k8s.VolumeMount[]): ContainerInput {
  return {
    name,
    image: imageRef(env, name),
    args: ['--config=file:/etc/collector/collector.yaml'],
    ports: [
      { name: 'otlp', containerPort: ports.otlp },
      { name: 'health', containerPort: ports.health },
      { name: 'metrics', containerPort: ports.ownMetrics },
      { name: 'derived', containerPort: ports.derivedMetrics },
      { name: 'apps', containerPort: ports.appMetrics },
    ],
    env: [goMemoryLimit(name)],
    readinessProbe: httpProbe('health', '/', { period: 5 }),
    livenessProbe: httpProbe('health', '/', { period: 20 }),
    resources: { cpu: '30m', memory: '96Mi', memoryLimit: '256Mi' },
    volumeMounts: [{ name: 'config', mountPath: '/etc/collector', readOnly: true }, ...identityMounts],
  };
}
