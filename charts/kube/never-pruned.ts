/** The annotation by which Flux leaves an object where it is when its manifest is gone (kustomize-controller, 'Garbage collection'). */
export const pruneAnnotation = 'kustomize.toolkit.fluxcd.io/prune';

/** Of what holds data that no manifest brings back: a line that is taken out is no reason to remove it. */
export const neverPruned: Readonly<Record<string, string>> = { [pruneAnnotation]: 'disabled' };
