import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { annotations } from './names.ts';
import { idOf } from './object-id.ts';

/** Scales by the resource metrics of metrics-server. */
const metricsApi = idOf('APIService', 'v1beta1.metrics.k8s.io');

/** Scales a Deployment by the CPU load of its container of that name. */
export function autoscaler(
  chart: Chart,
  name: string,
  namespace: string,
  { min, max, cpu }: { min: number; max: number; cpu: number },
): void {
  new k8s.KubeHorizontalPodAutoscalerV2(chart, `autoscaler-${name}`, {
    metadata: { name, namespace, annotations: { [annotations.after]: metricsApi } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          // Only the app's own container: an idle sidecar would hide its load.
          type: 'ContainerResource',
          containerResource: {
            container: name,
            name: 'cpu',
            target: { type: 'Utilization', averageUtilization: cpu },
          },
        },
      ],
    },
  });
}
