import { nodeImageName } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import type { Operator } from '../../model/operator.ts';

/** Images that nodes need to become Ready; all others are supplied while the cluster starts. */
export const nodeImages = [
  'kindest-node',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'etcd',
  'pause',
];

/** Images that Flux needs to start, in the order in which they are needed. */
export const bootstrapImages = [
  'coredns',
  'debian',
  'local-path-provisioner',
  'git-server',
  'registry',
  'source-controller',
  'kustomize-controller',
];

/** The other images and artifacts of the environment, without those of observability. */
export function platformImages({ operators }: Pick<Environment, 'operators'>): string[] {
  return imagesOf(operators.filter((operator) => !isObservability(operator))).filter(
    (name) => !bootstrapImages.includes(name),
  );
}

/** All images and artifacts of the lock file that an environment needs; those of the nodes of a Kind cluster too. */
export function environmentImages(env: Pick<Environment, 'operators' | 'cluster'>): string[] {
  const { kind } = env.cluster.provider;
  return [
    ...new Set([
      ...(kind === 'kind' ? nodeImages : nodeImages.filter((name) => name !== nodeImageName)),
      ...(kind === 'machines' ? ['flannel'] : []),
      ...bootstrapImages,
      ...platformImages(env),
      ...observabilityImages(env),
    ]),
  ];
}

/** Images of observability, for which no app waits. */
export function observabilityImages({ operators }: Pick<Environment, 'operators'>): string[] {
  return imagesOf(operators.filter(isObservability));
}

/** Whether an operator belongs to observability. */
export function isObservability({ stores }: Operator): boolean {
  return stores !== undefined;
}

function imagesOf(operators: readonly Operator[]): string[] {
  return [...new Set(operators.flatMap(({ images, crds }) => [...images, ...crds]))];
}
