import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { partOf, podLabels } from './names.ts';

/** An allowed flow: from (ingress) or to (egress) these peers, on these ports. */
export interface Flow {
  /** Default: any peer. */
  peers?: k8s.NetworkPolicyPeer[];
  /** Empty: every port. */
  ports: { port: number; protocol?: 'TCP' | 'UDP' }[];
}

/** Pods of one workload in a namespace. */
export function pods(name: string, namespace: string): k8s.NetworkPolicyPeer {
  return { ...everyPodOf(namespace), podSelector: { matchLabels: podLabels(name) } };
}

/** All pods of a namespace. */
export function everyPodOf(namespace: string): k8s.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}

/** All pods of the rendered namespaces. */
export const everyPodOfPlatform: k8s.NetworkPolicyPeer = {
  namespaceSelector: {},
  podSelector: { matchLabels: { 'app.kubernetes.io/part-of': partOf } },
};

/** DNS queries to the cluster's DNS. */
export const toDns: Flow = {
  peers: [{ ...everyPodOf('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};

/** Port of the API server on the nodes. */
export const kubernetesApiPort = 6443;

/**
 * The API server. It listens on addresses of nodes, which no selector matches and which are unknown at render
 * time, so any address on its port is allowed. Rules apply after the translation of the Service address: port
 * 6443, not 443.
 */
export const toKubernetesApi: Flow = { ports: [{ port: kubernetesApiPort }] };

/** Denies all traffic of a namespace's pods that no other policy allows. */
export function denyAll(chart: Chart, namespace: string, types: ('Ingress' | 'Egress')[]): void {
  new k8s.KubeNetworkPolicy(chart, `network-policy-default-${namespace}`, {
    metadata: { name: 'default-deny', namespace },
    spec: { podSelector: {}, policyTypes: types },
  });
}

/** Allows flows to and from the pods of one workload. `policy`: the name of the policy. Default: the workload's. */
export function allow(
  chart: Chart,
  name: string,
  namespace: string,
  flows: { ingress?: Flow[]; egress?: Flow[] },
  policy = name,
): void {
  allowTo(chart, policy, namespace, podLabels(name), flows);
}

/** The same for pods with other labels, such as those that an operator creates. */
export function allowTo(
  chart: Chart,
  name: string,
  namespace: string,
  labels: Record<string, string>,
  flows: { ingress?: Flow[]; egress?: Flow[] },
): void {
  const ingress = (flows.ingress ?? []).map((flow) => ({ ...from(flow), ...ports(flow) }));
  const egress = (flows.egress ?? []).map((flow) => ({ ...to(flow), ...ports(flow) }));
  if (ingress.length === 0 && egress.length === 0) return;
  new k8s.KubeNetworkPolicy(chart, `network-policy-${name}`, {
    metadata: { name, namespace },
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: [...(ingress.length > 0 ? ['Ingress'] : []), ...(egress.length > 0 ? ['Egress'] : [])],
      ...(ingress.length > 0 ? { ingress } : {}),
      ...(egress.length > 0 ? { egress } : {}),
    },
  });
}

function from({ peers }: Flow): { from?: k8s.NetworkPolicyPeer[] } {
  return peers ? { from: peers } : {};
}

function to({ peers }: Flow): { to?: k8s.NetworkPolicyPeer[] } {
  return peers ? { to: peers } : {};
}

function ports(flow: Flow): { ports?: k8s.NetworkPolicyPort[] } {
  if (flow.ports.length === 0) return {};
  return {
    ports: flow.ports.map(({ port, protocol = 'TCP' }) => ({
      protocol,
      port: k8s.IntOrString.fromNumber(port),
    })),
  };
}
