/** The annotation by which Flux leaves an object where it is when its manifest is gone (kustomize-controller, 'Garbage collection'). */
export const pruneAnnotation = 'kustomize.toolkit.fluxcd.io/prune';

/** Annotation for objects with data, which Flux must not prune with their manifest. */
export const neverPruned: Readonly<Record<string, string>> = { [pruneAnnotation]: 'disabled' };
