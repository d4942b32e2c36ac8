import { parse } from 'yaml';
import { isKubeObject } from '../../charts/kube/kube-object.ts';
import { platform, syncFolder } from '../../charts/order/flux-sync.ts';
import { kustomizationsOfApp } from '../../charts/order/owners.ts';

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
