import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { component } from '../../charts/kube/component.ts';
import { nodeAgent } from '../../charts/kube/daemon-set.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'kube-router';
const space = 'kube-system';
const healthPort = 20244;

/**
 * Enforces NetworkPolicies with iptables and ipset, on any pod network; no other part of kube-router is used.
 * Undefined on k3s, which has the same code built in.
 */
export function chart(env: Environment): Component | undefined {
  if (env.cluster.kubernetes.distribution === 'k3s') return undefined;
  return component(name, (chart) => {
    serviceAccount(chart, name, space);
    rights(chart);
    nodeAgent(chart, {
      name,
      namespace: space,
      // It writes the rules of the node itself; a node without it allows all traffic.
      containers: [container(imageRef(env, name))],
      // The lock prevents concurrent writes by it and kube-proxy.
      volumes: [{ name: 'xtables-lock', path: '/run/xtables.lock', type: 'FileOrCreate' }],
    });
  });
}

/** Upstream's program also waits for lists of Services, Endpoints and Nodes, whatever its flags. */
function rights(chart: Chart): void {
  const verbs = ['get', 'list', 'watch'];
  clusterRole(chart, name, { serviceAccount: name, namespace: space }, [
    { apiGroups: [''], resources: ['pods', 'namespaces', 'nodes', 'services', 'endpoints'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs },
  ]);
}

function container(image: string): k8s.Container {
  return {
    name,
    image,
    args: [
      '--run-firewall=true',
      '--run-router=false',
      '--run-service-proxy=false',
      '--enable-cni=false',
      // Changes are applied at once; the interval restores rules that another program removed.
      '--iptables-sync-period=1m',
      `--health-port=${healthPort}`,
    ],
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    ports: [{ name: 'health', containerPort: healthPort }],
    readinessProbe: httpProbe('health', '/healthz', { period: 2, failures: 5 }),
    livenessProbe: httpProbe('health', '/healthz', { failures: 6 }),
    resources: {
      requests: { cpu: k8s.Quantity.fromString('20m'), memory: k8s.Quantity.fromString('48Mi') },
      limits: { memory: k8s.Quantity.fromString('256Mi') },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
      readOnlyRootFilesystem: false,
    },
    volumeMounts: [{ name: 'xtables-lock', mountPath: '/run/xtables.lock' }],
  };
}
