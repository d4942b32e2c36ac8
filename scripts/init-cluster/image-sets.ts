import type { Environment } from '../../model/graph.ts';
import type { Operator } from '../../model/operator.ts';

/** Images without which no node becomes Ready; all others are supplied while the cluster starts. */
export const nodeImages = [
  'kindest-node',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'etcd',
  'pause',
];

/** Images without which Flux can't start, in the order in which they are needed. */
export const bootstrapImages = [
  'coredns',
  'debian',
  'local-path-provisioner',
  'git-server',
  'registry',
  'source-controller',
  'kustomize-controller',
];

/** Images and artifacts of the environment beyond those that Flux needs to start, without observability's. */
export function platformImages({ operators }: Pick<Environment, 'operators'>): string[] {
  return imagesOf(operators.filter((operator) => !isObservability(operator))).filter(
    (name) => !bootstrapImages.includes(name),
  );
}

/** Images of observability: no app waits for them. */
export function observabilityImages({ operators }: Pick<Environment, 'operators'>): string[] {
  return imagesOf(operators.filter(isObservability));
}

/** Whether an operator is there for observability alone. */
export function isObservability({ stores }: Operator): boolean {
  return stores !== undefined;
}

function imagesOf(operators: readonly Operator[]): string[] {
  return [...new Set(operators.flatMap(({ images, crds }) => [...images, ...crds]))];
}
