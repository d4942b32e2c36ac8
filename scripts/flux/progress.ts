import { field, listField, textField } from '../../charts/kube/field.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';

/** Progress of Flux with one Kustomization at one commit. */
export type DeployProgress =
  /** The commit is applied and all objects are healthy. */
  | { at: 'ready' }
  /** The commit is applied and Flux waits for healthy objects. */
  | { at: 'applied' }
  /** It waits for its dependencies. */
  | { at: 'waits'; why: string }
  /** The commit cannot be applied, or its objects are unhealthy. Flux retries. */
  | { at: 'failed'; reason: string; why: string }
  /** Flux has not started with the commit. */
  | { at: 'before' };

/** The progress of a commit, from the status of a Kustomization (kustomize-controller v1.9, `reconcile` and `checkHealth`). */
export function progressOf(object: WatchedObject | undefined, commit: string): DeployProgress {
  const status = object?.status;
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type);
  const ready = condition('Ready');
  const applied = textField(status, 'lastAppliedRevision')?.endsWith(commit) === true;
  const attempted = textField(status, 'lastAttemptedRevision')?.endsWith(commit) === true;
  const current = status?.observedGeneration === object?.metadata.generation;
  if (ready?.status === 'True' && applied && current) return { at: 'ready' };
  const why = ready?.message?.split('\n')[0] ?? '';
  if (ready?.status === 'False') {
    if (ready.reason === 'DependencyNotReady') return { at: 'waits', why };
    if (attempted && ready.reason !== 'HealthCheckCanceled')
      return { at: 'failed', reason: ready.reason ?? '', why };
    return { at: 'before' };
  }
  // "Running health checks for revision main@sha1:… with a timeout of 5m0s"
  const healthy = condition('Healthy');
  const looks = healthy?.status === 'Unknown' && healthy.message?.includes(`${commit} `) === true;
  return attempted && looks ? { at: 'applied' } : { at: 'before' };
}

/** Whether Flux waits for the dependencies of a Kustomization which are all ready by now. */
export function canGoOn(
  object: WatchedObject,
  commit: string,
  all: ReadonlyMap<string, WatchedObject>,
): boolean {
  if (progressOf(object, commit).at !== 'waits') return false;
  return listField(object, 'spec', 'dependsOn').every((dependency) => {
    const other = all.get(textField(dependency, 'name') ?? '');
    return field(dependency, 'readyExpr') === undefined
      ? progressOf(other, commit).at === 'ready'
      : isAppliedNow(other);
  });
}

/** What the expression `isApplied` of charts/order says of a dependency. */
function isAppliedNow(dependency: WatchedObject | undefined): boolean {
  const [last] = listField(dependency, 'status', 'history');
  const ready = dependency?.status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    textField(last, 'lastReconciledStatus') === 'ReconciliationSucceeded' &&
    dependency?.status?.observedGeneration === dependency?.metadata.generation &&
    ready !== undefined &&
    (ready.status !== 'False' || ready.reason === 'DependencyNotReady')
  );
}
