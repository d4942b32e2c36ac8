import { publishedRevision } from '../../../charts/order/artifact.ts';

/** The parts of a Kustomization of Flux that show its progress (kustomize.toolkit.fluxcd.io/v1). */
export interface AppliedKustomization {
  metadata: { name: string; generation?: number; annotations?: Record<string, string> };
  spec: { suspend?: boolean; sourceRef: { kind: string; name: string } };
  status?: {
    observedGeneration?: number;
    lastAppliedRevision?: string;
    lastAttemptedRevision?: string;
    conditions?: {
      type: string;
      status: string;
      reason?: string;
      message?: string;
      observedGeneration?: number;
    }[];
  };
}

/** How far Flux is with a commit. */
export interface RevisionState {
  commit: string;
  state: 'pending' | 'success' | 'failure';
  /** One sentence; of a failure, the first cause. */
  description: string;
}

/** The Kustomization that applies all others, and its Git source, have this name. */
const root = 'platform';

/** How far Flux is with the newest commit that it has read; undefined before it has read one. Suspended Kustomizations do not count. */
export function revisionState(all: readonly AppliedKustomization[]): RevisionState | undefined {
  const own = all
    .filter((each) => hasArtifact(each) || isOfRepository(each))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const first = own.find(({ metadata }) => metadata.name === root);
  const commit = commitOf(first?.status?.lastAttemptedRevision ?? '');
  if (commit === undefined) return undefined;
  const named = commitOf(first?.metadata.annotations?.[publishedRevision] ?? '') === commit;
  const of = { commit, named };
  const counted = own.filter(({ spec }) => spec.suspend !== true);
  const failures = counted.filter((each) => hasFailed(each, of));
  const [cause] = failures;
  if (cause !== undefined) {
    const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
    return { commit, state: 'failure', description: `${cause.metadata.name}${more}: ${causeOf(cause)}` };
  }
  return counted.every((each) => isReady(each, of))
    ? { commit, state: 'success', description: `${counted.length} Kustomizations are ready` }
    : { commit, state: 'pending', description: 'Flux applies it, unless a newer commit overtakes it' };
}

function isOfRepository({ spec }: AppliedKustomization): boolean {
  return spec.sourceRef.kind === 'GitRepository' && spec.sourceRef.name === root;
}

/** Whether it reads an artifact, which the pod folder-artifacts makes of the repository. */
function hasArtifact({ spec }: AppliedKustomization): boolean {
  return spec.sourceRef.kind === 'ExternalArtifact';
}

/** A commit, and whether all Kustomizations have the artifacts of it. */
interface Commit {
  commit: string;
  named: boolean;
}

/** The commit of a revision in Flux's notation, `main@sha1:…`. */
function commitOf(revision: string): string | undefined {
  return /@sha(?:1|256):([0-9a-f]{40,64})$/.exec(revision)?.[1];
}

function isReady(kustomization: AppliedKustomization, of: Commit): boolean {
  const { metadata, status } = kustomization;
  return (
    readyOf(kustomization)?.status === 'True' &&
    isAt(kustomization, status?.lastAppliedRevision, of) &&
    status?.observedGeneration === metadata.generation
  );
}

/** Whether it failed by itself: one that waits for another or for its artifact, or that a newer commit interrupted, has not. */
function hasFailed(kustomization: AppliedKustomization, of: Commit): boolean {
  const ready = readyOf(kustomization);
  return (
    ready?.status === 'False' &&
    !['DependencyNotReady', 'HealthCheckCanceled'].includes(ready.reason ?? '') &&
    !(hasArtifact(kustomization) && ready.reason === 'ArtifactFailed') &&
    ready.observedGeneration === kustomization.metadata.generation &&
    isAt(kustomization, kustomization.status?.lastAttemptedRevision, of)
  );
}

/** Whether it has the commit: the artifact of the commit, which changes its generation, or the revision. */
function isAt(kustomization: AppliedKustomization, revision = '', { commit, named }: Commit): boolean {
  return hasArtifact(kustomization) ? named : commitOf(revision) === commit;
}

function readyOf({ status }: AppliedKustomization) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/** The first line of Flux's message, without the time that a health check took: each try has another one. */
function causeOf(kustomization: AppliedKustomization): string {
  const line = readyOf(kustomization)?.message?.split('\n')[0] ?? 'Flux gives no reason';
  return line.replace(/ after \d[\dhm.µ]*s\b/, '');
}

/**
 * A Kustomization as it counts. Flux tries a failed one again and again: until a try ends, the commit has still failed.
 *
 * @param before The one that counted until now.
 */
export function afterRetry(
  before: AppliedKustomization | undefined,
  now: AppliedKustomization,
): AppliedKustomization {
  const again =
    before !== undefined &&
    readyOf(before)?.status === 'False' &&
    readyOf(now)?.status === 'Unknown' &&
    before.metadata.generation === now.metadata.generation &&
    before.status?.lastAttemptedRevision === now.status?.lastAttemptedRevision;
  return again ? before : now;
}
