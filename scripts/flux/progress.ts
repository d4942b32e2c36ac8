import { listField, textField } from '../../charts/kube/field.ts';
import { declaredContent } from '../../charts/order/declared-content.ts';
import { platform } from '../../charts/order/flux-sync.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';

/** Progress of Flux with one Kustomization at one commit. */
export type DeployProgress =
  /** It is applied and all objects are healthy. */
  | { at: 'ready' }
  /** It is applied and Flux waits for healthy objects. */
  | { at: 'applied' }
  /** It waits for its dependencies. */
  | { at: 'waits'; why: string }
  /** It cannot be applied, or its objects are unhealthy. Flux retries. */
  | { at: 'failed'; reason: string; why: string }
  /** Flux has not started with it. */
  | { at: 'before' };

/**
 * The progress of a commit with the Kustomization of that name, from its status (kustomize-controller v1.9, `reconcile` and `checkHealth`). One
 * with an artifact applies what its description names, from the time at which the root has applied the commit.
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
  const revision = hasArtifact(object) ? declaredAt(object, all.get(platform), commit) : commit;
  const isRevision = (text: unknown): boolean =>
    revision !== undefined && typeof text === 'string' && text.includes(revision);
  const applied = isRevision(status?.lastAppliedRevision);
  const attempted = isRevision(status?.lastAttemptedRevision);
  const current = status?.observedGeneration === object?.metadata.generation;
  if (ready?.status === 'True' && applied && current) return { at: 'ready' };
  const why = ready?.message?.split('\n')[0] ?? '';
  if (ready?.status === 'False') {
    if (ready.reason === 'DependencyNotReady') return { at: 'waits', why };
    if (attempted && ready.reason !== 'HealthCheckCanceled')
      return { at: 'failed', reason: ready.reason ?? '', why };
    return { at: 'before' };
  }
  // "Running health checks for revision sha256:… with a timeout of 5m0s"
  const healthy = condition('Healthy');
  const looks = healthy?.status === 'Unknown' && isRevision(healthy.message);
  return attempted && looks ? { at: 'applied' } : { at: 'before' };
}

/** Whether Flux waits for the dependencies of a Kustomization which are all ready by now. */
export function canGoOn(object: WatchedObject, all: ReadonlyMap<string, WatchedObject>): boolean {
  const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False' || ready.reason !== 'DependencyNotReady') return false;
  return listField(object, 'spec', 'dependsOn').every((dependency) => {
    const other = all.get(textField(dependency, 'name') ?? '');
    return textField(dependency, 'readyExpr') === undefined ? isReadyNow(other) : isAppliedNow(other);
  });
}

/** What Flux's own check says of a dependency with the same source. */
function isReadyNow(dependency: WatchedObject | undefined): boolean {
  const ready = dependency?.status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    ready?.status === 'True' &&
    dependency?.status?.observedGeneration === dependency?.metadata.generation &&
    appliesDeclared(dependency)
  );
}

/** What the expressions of charts/order/is-applied.ts say of a dependency. */
function isAppliedNow(dependency: WatchedObject | undefined): boolean {
  const [last] = listField(dependency, 'status', 'history');
  const ready = dependency?.status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    textField(last, 'lastReconciledStatus') === 'ReconciliationSucceeded' &&
    dependency?.status?.observedGeneration === dependency?.metadata.generation &&
    ready !== undefined &&
    (ready.status !== 'False' || ready.reason === 'DependencyNotReady') &&
    appliesDeclared(dependency)
  );
}

/** Whether a Kustomization has applied the artifact that its description names, if it reads one. */
function appliesDeclared(object: WatchedObject | undefined): boolean {
  const declared = declaredContent(object);
  return (
    !hasArtifact(object) ||
    (declared !== undefined &&
      textField(object, 'status', 'lastAppliedRevision')?.startsWith(declared) === true)
  );
}

/** Whether it reads an artifact that is made of the Git repository. */
export function hasArtifact(object: WatchedObject | undefined): boolean {
  return textField(object, 'spec', 'sourceRef', 'kind') === 'ExternalArtifact';
}

/** The content that a commit has for a Kustomization; undefined until the root has applied the commit. */
function declaredAt(
  object: WatchedObject | undefined,
  root: WatchedObject | undefined,
  commit: string,
): string | undefined {
  return textField(root, 'status', 'lastAppliedRevision')?.endsWith(commit)
    ? declaredContent(object)
    : undefined;
}
