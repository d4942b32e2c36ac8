import type { k8s } from 'cdk8s-plus-28';
import { partOf, podLabels } from './names.ts';

/**
 * The part of a Deployment, StatefulSet or DaemonSet that selects its pods and makes them: they carry `podLabels(name)`.
 * `annotations` are the pod's; a change of them replaces the pod.
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
