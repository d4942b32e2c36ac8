import { ApiObject, type Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { allow, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { bindClusterRole, bindRole, clusterRole } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'metrics-server';
const space = 'kube-system';
const port = 10250;
const kubeletPort = 10250;

/** Current CPU and memory use, for `kubectl top` and autoscaling. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    serviceAccount(chart, name, space);
    rights(chart);
    controllerDeployment(chart, {
      name,
      namespace: space,
      update: 'rolling',
      pod: {
        priorityClassName: 'system-cluster-critical',
        container: {
          name,
          image: imageRef(env, name),
          args: [
            `--secure-port=${port}`,
            '--cert-dir=/tmp',
            '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
            '--kubelet-use-node-status-port',
            '--metric-resolution=15s',
            // Kind's kubelets sign their own certificates; elsewhere the cluster's CA signs them.
            ...(env.cluster.provider.kind === 'kind' ? ['--kubelet-insecure-tls'] : []),
          ],
          ports: [{ name: 'https', containerPort: port }],
          // Ready after it has scraped every kubelet twice.
          readinessProbe: httpProbe('https', '/readyz', { period: 5, scheme: 'HTTPS' }),
          livenessProbe: httpProbe('https', '/livez', { scheme: 'HTTPS' }),
          resources: { cpu: '20m', memory: '64Mi', memoryLimit: '256Mi' },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    });
    service(chart, name, space, [{ name: 'https', port: 443 }]);
    // Only for its own pods: others in this namespace belong to Kubernetes. The API server and the kubelets
    // have addresses of nodes, which no selector matches.
    allow(chart, name, space, {
      ingress: [{ ports: [{ port }] }],
      egress: [toKubernetesApi, { ports: [{ port: kubeletPort }] }],
    });
    apiService(chart);
  });
}

function rights(chart: Chart): void {
  const subject = { serviceAccount: name, namespace: space };
  clusterRole(chart, name, subject, [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ]);
  // An aggregated API server delegates authentication and authorization to the API server.
  bindClusterRole(chart, `${name}-auth-delegator`, subject, 'system:auth-delegator');
  bindRole(chart, `${name}-auth-reader`, space, subject, 'extension-apiserver-authentication-reader');
  new k8s.KubeClusterRole(chart, 'cluster-role-metrics-reader', {
    metadata: {
      name: 'metrics-reader',
      labels: Object.fromEntries(
        ['view', 'edit', 'admin'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']),
      ),
    },
    rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  });
}

function apiService(chart: Chart): void {
  new ApiObject(chart, 'api-service', {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      service: { name, namespace: space, port: 443 },
      groupPriorityMinimum: 100,
      versionPriority: 100,
      // metrics-server creates a self-signed certificate at each start.
      insecureSkipTLSVerify: true,
    },
  });
}
