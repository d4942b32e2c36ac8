import type { Environment } from '../../model/graph.ts';

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

/** Images and artifacts of the environment beyond those that Flux needs to start. */
export function platformImages(environment: Environment): string[] {
  const images = environment.operators.flatMap((operator) => [...operator.images, ...operator.crds]);
  return [...new Set(images)].filter((name) => !bootstrapImages.includes(name));
}
