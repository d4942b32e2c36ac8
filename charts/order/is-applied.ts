/**
 * For `dependsOn[].readyExpr` of Flux, in CEL: the dependency `dep` has been applied as it is described now, its last
 * reconciliation succeeded, and at most it waits for its own dependencies at present.
 *
 * Without an expression Flux also wants the dependency to be applied at the same commit, so that each commit goes through
 * the whole chain, whatever it changes (kustomize-controller v1.9, `checkDependencies`). What the expression reads:
 * - kustomize-controller sets `observedGeneration` when a reconciliation has succeeded and at no other time (`finalizeStatus`),
 *   and the generation grows with each change of the folder (`content.ts`).
 * - `history[0]` is the last reconciliation that ended, so that a failure counts as one while Flux tries again.
 */
export const isApplied = [
  'has(dep.status.history)',
  'dep.status.observedGeneration == dep.metadata.generation',
  "dep.status.history[0].lastReconciledStatus == 'ReconciliationSucceeded'",
  "dep.status.conditions.exists(c, c.type == 'Ready' && (c.status != 'False' || c.reason == 'DependencyNotReady'))",
].join(' && ');
