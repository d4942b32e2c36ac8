/**
 * The annotation with which Flux keeps an object after its manifest is removed (kustomize-controller,
 * 'Garbage collection').
 */
export const pruneAnnotation = 'kustomize.toolkit.fluxcd.io/prune';

/** Annotation for objects with data, which Flux must not prune with their manifest. */
export const neverPruned: Readonly<Record<string, string>> = { [pruneAnnotation]: 'disabled' };
