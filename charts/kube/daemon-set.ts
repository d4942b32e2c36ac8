import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { podLabels } from './names.ts';
import { nonRoot, type PodInput, podSpec } from './pod.ts';
import { selectedPods } from './selected-pods.ts';

/** A pod on every node, in the pod network. */
export interface DaemonSetInput {
  name: string;
  namespace: string;
  pod: Omit<PodInput, 'user'>;
  /** `root`: it reads files of the node that belong to root. */
  user: 'root' | 'nonroot';
  annotations?: Record<string, string>;
  /** Annotations of the pod; a change replaces the pod. */
  podAnnotations?: Record<string, string>;
}

export function daemonSet(chart: Chart, input: DaemonSetInput): void {
  const pod = podSpec({ ...input.pod, user: nonRoot });
  everyNode(chart, input, { ...pod, ...(input.user === 'root' ? { securityContext: asRoot } : {}) });
}

/** A program that changes its node. */
export interface NodeAgent {
  /** Also the name of its service account. */
  name: string;
  namespace: string;
  containers: k8s.Container[];
  /** Folders and files of the node. */
  volumes: { name: string; path: string; type: string }[];
}

/**
 * A pod on every node, also if the node is not ready, as root and in the node's network. It uses the
 * Kubernetes API with the rights of the service account of its name.
 */
export function nodeAgent(chart: Chart, agent: NodeAgent): void {
  const { name, containers, volumes } = agent;
  everyNode(chart, agent, {
    serviceAccountName: name,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    priorityClassName: 'system-node-critical',
    hostNetwork: true,
    securityContext: asRoot,
    containers,
    volumes: volumes.map(({ name, path, type }) => ({ name, hostPath: { path, type } })),
  });
}

const asRoot = { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } };

function everyNode(
  chart: Chart,
  {
    name,
    namespace,
    annotations,
    podAnnotations,
  }: Pick<DaemonSetInput, 'name' | 'namespace' | 'annotations' | 'podAnnotations'>,
  pod: k8s.PodSpec,
): void {
  new k8s.KubeDaemonSet(chart, `daemon-set-${name}`, {
    metadata: { name, namespace, labels: podLabels(name), ...(annotations ? { annotations } : {}) },
    spec: selectedPods(name, { ...pod, tolerations: [{ operator: 'Exists' }] }, podAnnotations),
  });
}
