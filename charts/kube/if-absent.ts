import type { KubeObject } from './kube-object.ts';

/**
 * Annotation with which Flux creates an object only if it is missing: another component, applied later, has
 * the full object.
 * https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
 */
export const ifAbsent = {
  'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent',
} as const;

/** Whether an object is such a placeholder of another component's object. */
export function isIfAbsent({ metadata }: KubeObject): boolean {
  return metadata.annotations?.['kustomize.toolkit.fluxcd.io/ssa'] === 'IfNotPresent';
}
