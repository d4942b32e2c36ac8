import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { podLabels } from './names.ts';

/** A port of a Service, which leads to the container's port of the same name. */
export interface ServicePort {
  name: string;
  port: number;
  /** Port on every node. Default: none. */
  nodePort?: number;
  /** Default: TCP. */
  protocol?: 'TCP' | 'UDP';
}

/** The Service of a workload's pods. Default name: that of the workload. */
export function service(
  chart: Chart,
  workload: string,
  namespace: string,
  ports: ServicePort[],
  name = workload,
): void {
  new k8s.KubeService(chart, `service-${name}`, {
    metadata: { name, namespace, labels: podLabels(workload) },
    spec: {
      type: ports.some((port) => port.nodePort !== undefined) ? 'NodePort' : 'ClusterIP',
      selector: podLabels(workload),
      ports: ports.map((port) => ({
        protocol: 'TCP',
        ...port,
        targetPort: k8s.IntOrString.fromString(port.name),
      })),
    },
  });
}
