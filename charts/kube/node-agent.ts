import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { partOf, podLabels } from './names.ts';

/** What runs on a node and changes it. */
export interface NodeAgent {
  /** Also of its service account. */
  name: string;
  namespace: string;
  containers: k8s.Container[];
  /** Folders and files of the node. */
  volumes: { name: string; path: string; type: string }[];
}

/**
 * A pod on every node, ready or not, as root and in the node's own network: for what no other pod can do. It acts
 * through the Kubernetes API with the rights of the service account of its name.
 */
export function nodeAgent(chart: Chart, { name, namespace, containers, volumes }: NodeAgent): void {
  const labels = podLabels(name);
  new k8s.KubeDaemonSet(chart, `daemon-set-${name}`, {
    metadata: { name, namespace, labels },
    spec: {
      revisionHistoryLimit: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, 'app.kubernetes.io/part-of': partOf } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          priorityClassName: 'system-node-critical',
          hostNetwork: true,
          tolerations: [{ operator: 'Exists' }],
          securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } },
          containers,
          volumes: volumes.map(({ name, path, type }) => ({ name, hostPath: { path, type } })),
        },
      },
    },
  });
}
