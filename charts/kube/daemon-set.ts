import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { partOf, podLabels } from './names.ts';
import { nonRoot, type PodInput, podSpec } from './pod.ts';

/** A pod on every node. */
export interface DaemonSetInput {
  name: string;
  namespace: string;
  pod: Omit<PodInput, 'user'>;
  /** `root`: it reads files of the node that belong to root. */
  user: 'root' | 'nonroot';
  annotations?: Record<string, string>;
  /** On the pod: a change of it replaces the pod. */
  podAnnotations?: Record<string, string>;
}

/** A DaemonSet whose pods carry `podLabels(name)` and run on nodes of every kind, in the pods' own network. */
export function daemonSet(chart: Chart, input: DaemonSetInput): void {
  const { name, namespace, annotations, podAnnotations } = input;
  const labels = podLabels(name);
  const pod = podSpec({ ...input.pod, user: nonRoot });
  const asRoot = {
    securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } },
  };
  new k8s.KubeDaemonSet(chart, `daemon-set-${name}`, {
    metadata: { name, namespace, labels, ...(annotations ? { annotations } : {}) },
    spec: {
      revisionHistoryLimit: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels: { ...labels, 'app.kubernetes.io/part-of': partOf },
          ...(podAnnotations ? { annotations: podAnnotations } : {}),
        },
        spec: {
          ...pod,
          tolerations: [{ operator: 'Exists' }],
          ...(input.user === 'root' ? asRoot : {}),
        },
      },
    },
  });
}
