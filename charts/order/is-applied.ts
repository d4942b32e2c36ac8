import { contentName } from './declared-content.ts';

/**
 * CEL for `dependsOn[].readyExpr` of Flux: the current description of the dependency `dep` is applied, its last reconciliation
 * succeeded, and it may only be waiting for its own dependencies. The expression uses:
 * - `observedGeneration`, which kustomize-controller v1.9 sets only after a successful reconciliation (`finalizeStatus`);
 * - `history[0]`, the last finished reconciliation, so that a failure counts while Flux retries.
 */
const isApplied = [
  'has(dep.status.history)',
  'dep.status.observedGeneration == dep.metadata.generation',
  "dep.status.history[0].lastReconciledStatus == 'ReconciliationSucceeded'",
  "dep.status.conditions.exists(c, c.type == 'Ready' && (c.status != 'False' || c.reason == 'DependencyNotReady'))",
].join(' && ');

/** For a dependency that reads the Git repository itself: its generation grows with each change of its folder (`declared-content.ts`). */
export const isAppliedFromGit = isApplied;

/** For a dependency with an artifact: it has applied the one that the commit has for it. */
export const isAppliedFromArtifact = `${isApplied} && dep.status.lastAppliedRevision.startsWith(dep.metadata.annotations['${contentName}'])`;
