import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { neverPruned } from './never-pruned.ts';

/** A level of the Pod Security Standards. */
export type PodSecurity = 'restricted' | 'baseline' | 'privileged';

/**
 * A namespace in which the API server refuses every pod that asks for more than `level` allows. It outlives its manifest:
 * with it would go what Flux knows nothing of, such as volumes, keys and Secrets that somebody made by hand.
 */
export function namespace(chart: Chart, name: string, level: PodSecurity): void {
  new k8s.KubeNamespace(chart, 'namespace', {
    metadata: {
      name,
      labels: { 'pod-security.kubernetes.io/enforce': level },
      annotations: { ...neverPruned },
    },
  });
}
