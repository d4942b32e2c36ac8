/**
 * CEL for `dependsOn[].readyExpr` of Flux: the dependency `dep` is applied in its current form, its last
 * reconciliation succeeded, and it may only be waiting for its own dependencies.
 * Without an expression Flux requires that the dependency is applied at the same commit, so every commit
 * would pass through the whole chain (kustomize-controller v1.9, `checkDependencies`). The expression uses:
 * - `observedGeneration`, which kustomize-controller sets only after a successful reconciliation
 * (`finalizeStatus`); the generation grows with each change of the folder (`content.ts`).
 * - `history[0]`, the last finished reconciliation, so that a failure counts while Flux retries.
 */
export const isApplied = [
  'has(dep.status.history)',
  'dep.status.observedGeneration == dep.metadata.generation',
  "dep.status.history[0].lastReconciledStatus == 'ReconciliationSucceeded'",
  "dep.status.conditions.exists(c, c.type == 'Ready' && (c.status != 'False' || c.reason == 'DependencyNotReady'))",
].join(' && ');
