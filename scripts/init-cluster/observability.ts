import { syncFolder } from '../../charts/order/flux-sync.ts';
import type { Environment } from '../../model/graph.ts';
import { clusterClient } from '../cluster/client.ts';
import { kustomizations } from '../status/kustomization-states.ts';
import { isObservability, observabilityImages } from './image-sets.ts';

/**
 * Whether observability is pushed only after the front page answers: the cluster does not run it yet. If it
 * runs, its manifests stay in the repository, because Flux would prune it with its data.
 */
export async function isPostponed(environment: Environment): Promise<boolean> {
  return observabilityImages(environment).length > 0 && !(await runs(environment));
}

/**
 * The folders and Kustomization files of all components outside of observability, which a push of
 * observability leaves unchanged.
 */
export function pathsOfOthers(
  { name, operators }: Pick<Environment, 'name' | 'operators'>,
  manifests: ReadonlyMap<string, string>,
): string[] {
  const own = new Set(operators.filter(isObservability).map((operator) => operator.name));
  const paths = [...manifests.keys()].map((path) => {
    const [, , folder = '', file = ''] = path.split('/');
    if (folder !== syncFolder) return own.has(folder) ? '' : `manifests/${name}/${folder}`;
    return own.has(file.replace(/^kustomization-(.+)\.yaml$/, '$1')) ? '' : path;
  });
  return [...new Set(paths.filter((path) => path !== ''))];
}

/** The manifests without the components of observability and their Kustomizations. */
export function withoutObservability(
  { name, operators }: Pick<Environment, 'name' | 'operators'>,
  manifests: ReadonlyMap<string, string>,
): Map<string, string> {
  const components = operators.filter(isObservability).map((operator) => operator.name);
  const isLeftOut = (path: string): boolean =>
    components.some(
      (component) =>
        path.startsWith(`manifests/${name}/${component}/`) ||
        path === `manifests/${name}/flux-sync/kustomization-${component}.yaml`,
    );
  return new Map([...manifests].filter(([path]) => !isLeftOut(path)));
}

async function runs({ cluster, operators }: Environment): Promise<boolean> {
  const parts = new Set(operators.filter(isObservability).map(({ name }) => name));
  return (await kustomizations(clusterClient(cluster.name))).some(({ name }) => parts.has(name));
}
