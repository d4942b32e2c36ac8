import { shortages } from '../../charts/capacity.ts';
import { checkObjects } from '../../charts/check.ts';
import { components } from '../../charts/components.ts';
import { fluxSync, syncFolder } from '../../charts/flux-sync.ts';
import type { KubeObject } from '../../charts/kube-object.ts';
import { order, sourceOf } from '../../charts/order.ts';
import { toYaml } from '../../charts/yaml.ts';
import type { Environment } from '../../model/graph.ts';
import type { Problem } from '../../model/problem.ts';
import type { CheckedEnvironment } from './check.ts';

/** How every rendered file begins; a file that does not is somebody's own and is left alone. */
export const header = '# Rendered from ';

/** The files of one environment, none where there is a problem, and what the checks say of its objects. */
export interface EnvironmentManifests {
  files: Map<string, string>;
  problems: Problem[];
  checked: CheckedEnvironment;
}

/**
 * The manifests of one environment: from `manifests/ENV/COMPONENT/KIND-NAME.yaml` to its text, an object in each.
 * A folder needs no kustomization.yaml: Flux makes one of all files that it finds there.
 */
export function environmentManifests(env: Environment): EnvironmentManifests {
  const rendered = components(env);
  const { units, problems } = order(env, rendered);
  const checked = { env, ...checkObjects(env, rendered), shortages: shortages(env, rendered) };
  const files = new Map<string, string>();
  if (problems.length > 0) return { files, problems, checked };
  const cluster = `clusters/${env.name}/cluster.yaml`;
  const write = (folder: string, source: string, objects: KubeObject[]) => {
    const head = `${header}${source} by npm run render: edit there.\n`;
    for (const [name, object] of fileNames(objects)) {
      files.set(`manifests/${env.name}/${folder}/${name}`, head + toYaml(object));
    }
  };
  write(syncFolder, cluster, fluxSync(env, units));
  for (const { kind, name, objects } of units) {
    if (kind === 'component') write(name, `${sourceOf(env, name)} and ${cluster}`, objects);
  }
  return { files, problems, checked };
}

/** `KIND-NAME.yaml`, with the namespace where two objects of a component would share that name. */
export function fileNames(objects: KubeObject[]): Map<string, KubeObject> {
  const short = (object: KubeObject) => `${object.kind}-${object.metadata.name}`;
  const counts = Map.groupBy(objects, (object) => safe(short(object)));
  const named = new Map<string, KubeObject>();
  for (const object of objects) {
    const { namespace } = object.metadata;
    const shared = (counts.get(safe(short(object)))?.length ?? 0) > 1;
    const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : 'core';
    const name = `${safe(shared ? `${short(object)}-${namespace ?? group}` : short(object))}.yaml`;
    if (named.has(name)) throw new Error(`two objects of one component would both be written to ${name}`);
    named.set(name, object);
  }
  return named;
}

/** Without what a file system could take amiss: RBAC names may hold colons and capitals. */
function safe(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-');
}
