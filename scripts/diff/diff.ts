import { parse, YAMLParseError } from 'yaml';
import { textField } from '../../charts/kube/field.ts';
import { isIfAbsent } from '../../charts/kube/if-absent.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { checkUpgrade } from '../../model/checks/version.ts';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { compareDiagnostics, compareText } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';
import { readText } from '../../model/reading/read-text.ts';
import { readYaml } from '../../model/reading/read-yaml.ts';
import { Failure } from '../cli/failure.ts';
import { checkData } from '../render/check-data.ts';
import { dataOf } from '../render/data.ts';
import { renderAll } from '../render/render.ts';
import { chartChanges } from './chart-changes.ts';
import { committedFiles } from './committed.ts';
import { type Effect, effectsOf, gravities } from './effects.ts';
import { fates, kustomizations } from './fate.ts';
import type { Placed } from './placed.ts';

/** An effect, and the rendered file. */
export interface FileEffect extends Effect {
  file: string;
}

/** The effects of a change in one environment. */
export interface EnvironmentDiff {
  environment: string;
  /** The gravest first. */
  effects: FileEffect[];
}

/** The differences between a commit and the current descriptions. */
export interface Diff {
  ref: string;
  environments: EnvironmentDiff[];
  /** Changes that a running cluster cannot make: unsupported upgrades, lost data. */
  diagnostics: Diagnostic[];
}

/** Compares the manifests of a commit with those of the current descriptions. */
export async function diff(root: string, ref: string, environment?: string): Promise<Diff> {
  const rendered = await renderAll(root, environment);
  const committed = await committedFiles(root, ref, 'manifests');
  const charts = await chartChanges(rendered, committed);
  const described = rendered.environments.map(({ name }) => name);
  return {
    ref,
    environments: diffOfManifests(committed, rendered.files, charts)
      .filter(({ environment: name }) => environment === undefined || name === environment)
      .map((each) =>
        described.includes(each.environment) ? each : { ...each, effects: [forgotten(each.environment)] },
      ),
    diagnostics: [
      ...upgrades(root, rendered.environments, await committedFiles(root, ref, 'clusters')),
      ...checkData(root, rendered.environments, dataOf(committed), rendered.files),
    ].sort(compareDiagnostics),
  };
}

/** Objects of Helm charts, before and after a change. */
export interface ChartPlaces {
  before: readonly Placed[];
  after: readonly Placed[];
}

/** Compares manifests by path, by environment. */
export function diffOfManifests(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  charts: ChartPlaces = { before: [], after: [] },
): EnvironmentDiff[] {
  // Unchanged files have no effect, and most are unchanged.
  const differing = (files: ReadonlyMap<string, string>) =>
    new Map([...files].filter(([path]) => old.get(path) !== now.get(path)));
  const before = objects(differing(old), charts.before);
  const after = objects(differing(now), charts.after);
  const names = [...old.keys(), ...now.keys()].flatMap((path) => environmentOf(path) ?? []);
  const syncs = { before: kustomizations(old), after: kustomizations(now) };
  return [...new Set(names)].sort(compareText).map((environment) => ({
    environment,
    effects: effects(before.get(environment) ?? new Map(), after.get(environment) ?? new Map(), syncs),
  }));
}

/** If its folder is missing a Kustomization fails, and Flux prunes nothing. */
function forgotten(environment: string): FileEffect {
  return {
    gravity: 'other',
    object: `Environment ${environment}`,
    what: 'is no longer described: Flux finds nothing to apply, and the cluster stays as it is',
    next: 'remove its machines with the commit before this change: npm run init-cluster -- --down, npm run nodes -- reset or npm run pulumi -- destroy',
    file: `clusters/${environment}/cluster.yaml`,
    changes: [],
  };
}

/**
 * Map by environment, API version, kind, namespace and name: an object that moved to another file stays the
 * same object.
 */
function objects(
  files: ReadonlyMap<string, string>,
  charts: readonly Placed[],
): Map<string, Map<string, Placed>> {
  const found = new Map<string, Map<string, Placed>>();
  const written = [...files].flatMap(([file, text]) =>
    environmentOf(file) === undefined ? [] : [{ file, object: objectIn(file, text) }],
  );
  for (const { file, object } of [...written, ...charts]) {
    const environment = environmentOf(file);
    if (environment === undefined || isIfAbsent(object)) continue;
    const here = found.get(environment) ?? new Map<string, Placed>();
    // Another version of the API is only another form of the same object.
    here.set(`${object.apiVersion.split('/').slice(0, -1).join()} ${objectId(object)}`, { object, file });
    found.set(environment, here);
  }
  return found;
}

/** The environment of a manifest. */
function environmentOf(file: string): string | undefined {
  return /^manifests\/([^/]+)\/.*\.ya?ml$/.exec(file)?.[1];
}

/** The object in a manifest; a committed file can also be something else. */
function objectIn(file: string, text: string): KubeObject {
  try {
    const object: unknown = parse(text);
    if (isKubeObject(object)) return object;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
  }
  throw new Failure(
    `${file} is not a Kubernetes object in that commit`,
    'Compare with a commit that has rendered manifests: --from COMMIT',
  );
}

function effects(
  before: Map<string, Placed>,
  after: Map<string, Placed>,
  syncs: { before: Map<string, KubeObject>; after: Map<string, KubeObject> },
): FileEffect[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const gone = [...before].filter(([key]) => !after.has(key)).map(([, placed]) => placed);
  const fate = fates(
    gone.map(({ object, file }) => ({ object, folder: file.slice(0, file.lastIndexOf('/')) })),
    syncs.before,
    syncs.after,
  );
  const all = keys.flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    const file = now?.file ?? old?.file ?? '';
    return effectsOf(old?.object, now?.object, old && fate.get(old.object)).map((effect) => ({
      ...effect,
      file,
    }));
  });
  const rank = ({ gravity }: Effect) => gravities.indexOf(gravity);
  return all.sort((a, b) => rank(a) - rank(b) || compareText(a.file, b.file) || compareText(a.what, b.what));
}

function upgrades(
  root: string,
  environments: Environment[],
  committed: ReadonlyMap<string, string>,
): Diagnostic[] {
  return environments.flatMap(({ name, cluster }) => {
    const file = `clusters/${name}/cluster.yaml`;
    const running = textField(
      readYaml(committed.get(file) ?? '', file).source?.value,
      'kubernetes',
      'version',
    );
    const { text } = readText(root, file);
    const source = text === undefined ? undefined : readYaml(text, file).source;
    if (running === undefined || source === undefined) return [];
    return checkUpgrade({ source, value: cluster }, running);
  });
}
