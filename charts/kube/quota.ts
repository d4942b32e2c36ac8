import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/** Limits of all pods and volumes in a namespace together. */
export interface QuotaInput {
  /** Cores that pods can reserve. */
  cpu: string;
  /** Bytes that pods can reserve, and the limit of each container. */
  memory: string;
  /** Bytes of all volumes. */
  storage: string;
}

/**
 * A ResourceQuota, and a LimitRange with the reservation of containers that name none: a quota refuses pods without a reservation. No
 * Service of such a namespace is reached from outside but through the gateway.
 */
export function quota(chart: Chart, namespace: string, { cpu, memory, storage }: QuotaInput): void {
  const of = k8s.Quantity.fromString;
  new k8s.KubeResourceQuota(chart, `quota-${namespace}`, {
    metadata: { name: 'quota', namespace },
    spec: {
      hard: {
        'requests.cpu': of(cpu),
        'requests.memory': of(memory),
        'requests.storage': of(storage),
        'services.loadbalancers': k8s.Quantity.fromNumber(0),
        'services.nodeports': k8s.Quantity.fromNumber(0),
      },
    },
  });
  new k8s.KubeLimitRange(chart, `limits-${namespace}`, {
    metadata: { name: 'limits', namespace },
    spec: {
      limits: [
        {
          type: 'Container',
          defaultRequest: { cpu: of('20m'), memory: of('64Mi') },
          default: { memory: of('128Mi') },
          max: { memory: of(memory) },
        },
      ],
    },
  });
}
