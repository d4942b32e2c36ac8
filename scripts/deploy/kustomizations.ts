import { parse } from 'yaml';
import { field, listField, textField } from '../../charts/kube/field.ts';
import { isKubeObject } from '../../charts/kube/kube-object.ts';
import { platform, syncFolder } from '../../charts/order/flux-sync.ts';
import { kustomizationsOfApp } from '../../charts/order/owners.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';

/** A rendered workload with long-running pods. */
export interface WatchedWorkload {
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  namespace: string;
  name: string;
}

/** Names of an app's rendered Kustomizations, in the order in which Flux applies them. */
export function renderedKustomizations(
  environment: string,
  app: string,
  manifests: ReadonlyMap<string, string>,
): string[] {
  return kustomizationsOfApp(app).filter((kustomization) =>
    manifests.has(syncFile(environment, kustomization)),
  );
}

/** The folders and files of manifests that belong only to an app. */
export function pathsOfApp(environment: string, app: string): string[] {
  return kustomizationsOfApp(app).flatMap((kustomization) => [
    `manifests/${environment}/${kustomization}`,
    syncFile(environment, kustomization),
  ]);
}

/**
 * The rendered Kustomizations whose folder or object a commit changes.
 * @param paths The files that the commit changes.
 */
export function changedKustomizations(
  environment: string,
  paths: readonly string[],
  manifests: ReadonlyMap<string, string>,
): string[] {
  const folder = `manifests/${environment}/`;
  const names = paths
    .filter((path) => path.startsWith(folder))
    .map((path) => path.slice(folder.length).split('/'))
    .map(([kustomization = '', file = '']) =>
      kustomization === syncFolder
        ? (/^kustomization-(.+)\.yaml$/.exec(file)?.[1] ?? platform)
        : kustomization,
    );
  return [...new Set(names)]
    .filter((kustomization) => manifests.has(syncFile(environment, kustomization)))
    .sort();
}

/** The workloads in the folder of a Kustomization. */
export function workloadsOf(
  environment: string,
  kustomization: string,
  manifests: ReadonlyMap<string, string>,
): WatchedWorkload[] {
  return [...manifests].flatMap(([path, text]): WatchedWorkload[] => {
    const kind = /\/(deployment|statefulset|daemonset)-[^/]+$/.exec(path)?.[1];
    if (kind === undefined || !path.startsWith(`manifests/${environment}/${kustomization}/`)) return [];
    const object: unknown = parse(text);
    if (!isKubeObject(object)) return [];
    const { name, namespace = 'default' } = object.metadata;
    switch (object.kind) {
      case 'Deployment':
      case 'StatefulSet':
      case 'DaemonSet':
        return [{ kind: object.kind, name, namespace }];
      default:
        return [];
    }
  });
}

function syncFile(environment: string, kustomization: string): string {
  return `manifests/${environment}/${syncFolder}/kustomization-${kustomization}.yaml`;
}

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

/**
 * Whether all dependencies of a waiting Kustomization are ready at the commit, so that Flux can be asked to reconcile it. By
 * itself Flux retries after `--requeue-dependency`.
 */
export function canGoOn(
  object: WatchedObject,
  commit: string,
  all: ReadonlyMap<string, WatchedObject>,
): boolean {
  if (progressOf(object, commit).at !== 'waits') return false;
  return listField(object, 'spec', 'dependsOn')
    .filter((dependency) => field(dependency, 'readyExpr') === undefined)
    .every((dependency) => progressOf(all.get(textField(dependency, 'name') ?? ''), commit).at === 'ready');
}
