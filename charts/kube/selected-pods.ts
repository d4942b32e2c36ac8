import type { k8s } from 'cdk8s-plus-28';
import { partOf, podLabels } from './names.ts';

/**
 * The selector and pod template of a Deployment, StatefulSet or DaemonSet; its pods have `podLabels(name)`.
 * `annotations` are those of the pod; a change replaces the pods.
 */
export function selectedPods(
  name: string,
  spec: k8s.PodSpec,
  annotations?: Record<string, string>,
): Pick<k8s.DeploymentSpec, 'revisionHistoryLimit' | 'selector' | 'template'> {
  const labels = podLabels(name);
  return {
    revisionHistoryLimit: 3,
    selector: { matchLabels: labels },
    template: {
      metadata: {
        labels: { ...labels, 'app.kubernetes.io/part-of': partOf },
        ...(annotations ? { annotations } : {}),
      },
      spec,
    },
  };
}
