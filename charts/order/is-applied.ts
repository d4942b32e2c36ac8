/**
 * CEL for `dependsOn[].readyExpr` of Flux: the dependency `dep` is applied in its current form, its last
 * reconciliation succeeded, and it may only be waiting for its own dependencies. The expression uses:
 * - `observedGeneration`, which kustomize-controller v1.9 sets only after a successful reconciliation
 * (`finalizeStatus`); the generation grows with each change of the folder, because the name of its artifact changes.
 * - `history[0]`, the last finished reconciliation, so that a failure counts while Flux retries.
 */
export const isApplied = [
  'has(dep.status.history)',
  'dep.status.observedGeneration == dep.metadata.generation',
  "dep.status.history[0].lastReconciledStatus == 'ReconciliationSucceeded'",
  "dep.status.conditions.exists(c, c.type == 'Ready' && (c.status != 'False' || c.reason == 'DependencyNotReady'))",
].join(' && ');
