import { listField, textField } from '../../charts/kube/field.ts';
import { publishedRevision } from '../../charts/order/artifact.ts';
import { platform } from '../../charts/order/flux-sync.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';

/** Progress of Flux with one Kustomization at one commit. */
export type DeployProgress =
  /** The commit is applied and all objects are healthy. */
  | { at: 'ready' }
  /** The commit is applied and Flux waits for healthy objects. */
  | { at: 'applied' }
  /** It waits for its dependencies, or for its artifact. */
  | { at: 'waits'; why: string }
  /** The commit cannot be applied, or its objects are unhealthy. Flux retries. */
  | { at: 'failed'; reason: string; why: string }
  /** Flux has not started with the commit. */
  | { at: 'before' };

/**
 * The progress of a commit with the Kustomization of that name, from its status (kustomize-controller v1.9, `reconcile` and `checkHealth`). One
 * that reads an artifact applies the commit from the time at which all artifacts of the commit are named; its generation changes with its
 * artifact.
 */
export function progressOf(
  name: string,
  all: ReadonlyMap<string, WatchedObject>,
  commit: string,
): DeployProgress {
  const object = all.get(name);
  const status = object?.status;
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type);
  const ready = condition('Ready');
  const generation = object?.metadata.generation;
  const named = all.get(platform)?.metadata.annotations?.[publishedRevision]?.endsWith(commit) === true;
  const isAt = (revision: unknown): boolean =>
    hasArtifact(object) ? named : typeof revision === 'string' && revision.endsWith(commit);
  const isAttempted = ready?.observedGeneration === generation && isAt(status?.lastAttemptedRevision);
  if (
    ready?.status === 'True' &&
    status?.observedGeneration === generation &&
    isAt(status?.lastAppliedRevision)
  )
    return { at: 'ready' };
  const why = ready?.message?.split('\n')[0] ?? '';
  if (ready?.status === 'False') {
    if (ready.reason === 'DependencyNotReady' || (hasArtifact(object) && ready.reason === 'ArtifactFailed'))
      return { at: 'waits', why };
    if (isAttempted && ready.reason !== 'HealthCheckCanceled')
      return { at: 'failed', reason: ready.reason ?? '', why };
    return { at: 'before' };
  }
  const healthy = condition('Healthy');
  const looks = healthy?.status === 'Unknown' && healthy.observedGeneration === generation;
  return isAttempted && looks ? { at: 'applied' } : { at: 'before' };
}

/** Whether a Kustomization reads an artifact that is made of the Git repository. */
export function hasArtifact(object: unknown): boolean {
  return textField(object, 'spec', 'sourceRef', 'kind') === 'ExternalArtifact';
}

/** Whether Flux waits for the dependencies of a Kustomization which are all ready by now. */
export function canGoOn(object: WatchedObject, all: ReadonlyMap<string, WatchedObject>): boolean {
  const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False' || ready.reason !== 'DependencyNotReady') return false;
  return listField(object, 'spec', 'dependsOn').every((dependency) =>
    isAppliedNow(all.get(textField(dependency, 'name') ?? '')),
  );
}

/** What the expression `isApplied` of charts/order says of a dependency. */
export function isAppliedNow(dependency: WatchedObject | undefined): boolean {
  const [last] = listField(dependency, 'status', 'history');
  const ready = dependency?.status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    textField(last, 'lastReconciledStatus') === 'ReconciliationSucceeded' &&
    dependency?.status?.observedGeneration === dependency?.metadata.generation &&
    ready !== undefined &&
    (ready.status !== 'False' || ready.reason === 'DependencyNotReady')
  );
}
