import type { KubeObject } from './kube-object.ts';

/**
 * For Flux: to make an object only where it is missing. It is another component's, which brings it in full and comes later.
 * https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
 */
export const ifAbsent = {
  'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent',
} as const;

/** Whether an object is only a stand-in for another component's. */
export function isIfAbsent({ metadata }: KubeObject): boolean {
  return metadata.annotations?.['kustomize.toolkit.fluxcd.io/ssa'] === 'IfNotPresent';
}
