import { createHash } from 'node:crypto';
import { shortages } from '../../charts/checks/capacity.ts';
import { checkObjects } from '../../charts/checks/check.ts';
import { Inventory } from '../../charts/checks/inventory.ts';
import { overQuota } from '../../charts/checks/quotas.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { toYaml } from '../../charts/kube/yaml.ts';
import { definitions, definitionsSync, fluxSync, syncFolder } from '../../charts/order/flux-sync.ts';
import { order } from '../../charts/order/order.ts';
import { sourceOf } from '../../charts/order/owners.ts';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';
import { type ChartObjects, noCharts } from '../helm/chart-objects.ts';
import type { CheckedEnvironment } from './check-diagnostics.ts';
import { parts } from './components.ts';
import { extraTwice } from './extra-twice.ts';
import { header } from './header.ts';
import { Memory } from './memory.ts';
import { tooLarge } from './too-large.ts';

/** The files of one environment, empty if there are diagnostics, and the results of the checks. */
export interface EnvironmentManifests {
  files: Map<string, string>;
  diagnostics: Diagnostic[];
  checked: CheckedEnvironment;
}

/**
 * The manifests of one environment: map from `manifests/ENV/COMPONENT/KIND-NAME.yaml` to its text, one object per file.
 * Unchanged components come from `memory`. A folder needs no kustomization.yaml: Flux generates one from all files in it.
 */
export function environmentManifests(
  env: Environment,
  memory = new Memory(),
  charts: ChartObjects = noCharts,
): EnvironmentManifests {
  const rendered = parts(env, charts).flatMap((part) => memory.build(env.name, part) ?? []);
  const { kustomizations, diagnostics: ordered } = order(env, rendered);
  const diagnostics = [...ordered, ...extraTwice(env, rendered), ...tooLarge(env, rendered)];
  const inventory = new Inventory(env, rendered);
  const checked = {
    env,
    ...checkObjects(inventory),
    shortages: shortages(inventory),
    overQuota: overQuota(inventory),
  };
  const files = new Map<string, string>();
  if (diagnostics.length > 0) return { files, diagnostics, checked };
  const cluster = `clusters/${env.name}/cluster.yaml`;
  const write = (folder: string, source: string, objects: KubeObject[]): [string, string][] => {
    const head = `${header}${source} by npm run render: edit there.\n`;
    return [...fileNames(objects)].map(([name, object]) => [
      `manifests/${env.name}/${folder}/${name}`,
      head + toYaml(object),
    ]);
  };
  const add = (written: [string, string][]) => {
    for (const [path, text] of written) files.set(path, text);
  };
  add(write(definitions, cluster, definitionsSync(env, kustomizations)));
  for (const { kind, name, objects } of kustomizations) {
    if (kind !== 'component') continue;
    const sources = [...new Set([sourceOf(env, name), cluster])].join(' and ');
    add(memory.files(env.name, name, () => write(name, sources, objects)));
  }
  add(write(syncFolder, cluster, fluxSync(env, kustomizations)));
  return { files, diagnostics, checked };
}

/** Longest name of a file before a hash replaces its end: file systems take 255 bytes, and names of objects can have 253. */
const longestName = 200;

/**
 * `KIND-NAME.yaml`, with the namespace if two objects of a component would have the same file name, and with a hash if they still
 * have or if the name is too long.
 */
export function fileNames(objects: KubeObject[]): Map<string, KubeObject> {
  const short = (object: KubeObject) => `${object.kind}-${object.metadata.name}`;
  const counts = Map.groupBy(objects, (object) => safe(short(object)));
  const readable = (object: KubeObject) => {
    const shared = (counts.get(safe(short(object)))?.length ?? 0) > 1;
    const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : 'core';
    return safe(shared ? `${short(object)}-${object.metadata.namespace ?? group}` : short(object));
  };
  const same = Map.groupBy(objects, readable);
  const named = new Map<string, KubeObject>();
  for (const object of objects) {
    const name = readable(object);
    const isOwn = same.get(name)?.length === 1 && name.length <= longestName;
    const file = `${isOwn ? name : `${name.slice(0, longestName)}-${hashOf(object)}`}.yaml`;
    if (named.has(file)) throw new Error(`a component has the object of ${file} twice`);
    named.set(file, object);
  }
  return named;
}

function hashOf({ apiVersion, kind, metadata }: KubeObject): string {
  const identity = JSON.stringify([apiVersion, kind, metadata.namespace, metadata.name]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

/** A name that is safe in every file system: RBAC names can have colons and capitals. */
function safe(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-');
}
