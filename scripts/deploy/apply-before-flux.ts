import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { field, listField, textField } from '../../charts/kube/field.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { appliedBy, appliedIn, fluxManager } from '../drift/owned-fields.ts';
import type { Kustomizations } from '../flux/kustomizations-now.ts';
import { isAppliedNow, progressOf } from '../flux/progress.ts';
import { kustomizationApi } from '../flux/request-reconciliation.ts';

/** A commit whose workloads can be applied before Flux does. */
interface Commit {
  environment: string;
  /** Names of the environment's apps. */
  apps: readonly string[];
  /** Files that it changes. */
  paths: readonly string[];
  manifests: ReadonlyMap<string, string>;
  /** Commit before it; absent if there is none. */
  parent?: string | undefined;
}

/**
 * The workloads of a commit that need nothing but themselves, as Flux applies them; none if the commit changes something else too. An
 * app is left to Flux while an earlier commit is under way, because its new version may need that, and while its Kustomization is suspended.
 *
 * @param before The Kustomizations before the commit was pushed.
 */
export function workloadsBeforeFlux(
  { environment, apps, paths, manifests, parent }: Commit,
  before: Kustomizations,
): KubeObject[] {
  if (parent === undefined) return [];
  const workloads = paths.map((path) => {
    const app = apps.find((name) => isWorkload(path, `manifests/${environment}/${name}/`));
    const object: unknown = parse(manifests.get(path) ?? '');
    if (app === undefined || !isKubeObject(object) || !isAtRest(app, before, parent)) return undefined;
    return asFluxApplies(object, app);
  });
  return workloads.every((workload) => workload !== undefined) ? workloads : [];
}

function isWorkload(path: string, folder: string): boolean {
  return (
    path.startsWith(folder) && /^(?:deployment|statefulset|daemonset)-[^/]+$/.test(path.slice(folder.length))
  );
}

/** Whether Flux has applied a commit to a Kustomization and to those that it needs. */
function isAtRest(name: string, all: Kustomizations, commit: string): boolean {
  const object = all.get(name);
  if (object === undefined || field(object, 'spec', 'suspend') === true) return false;
  const { at } = progressOf(name, all, commit);
  if (at !== 'ready' && at !== 'applied') return false;
  return listField(object, 'spec', 'dependsOn').every((dependency) =>
    isAppliedNow(all.get(textField(dependency, 'name') ?? '')),
  );
}

/** With the labels that kustomize-controller adds (Flux, 'Kustomization', 'Garbage collection'). */
function asFluxApplies(object: KubeObject, kustomization: string): KubeObject {
  const labels = {
    ...object.metadata.labels,
    [appliedBy]: kustomization,
    [appliedIn]: kustomizationApi.namespace,
  };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** Applies a workload with Flux's field manager, so that Flux finds it as it would have applied it. */
export async function applyWorkload(client: ClusterClient, object: KubeObject): Promise<void> {
  const { name, namespace = 'default' } = object.metadata;
  await client.custom.patchNamespacedCustomObject(
    {
      ...{ group: 'apps', version: 'v1', plural: `${object.kind.toLowerCase()}s`, name, namespace },
      ...{ body: object, fieldManager: fluxManager, force: true },
    },
    setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
  );
}
