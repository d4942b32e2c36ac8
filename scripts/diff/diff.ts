import { parse, YAMLParseError } from 'yaml';
import { textField } from '../../charts/kube/field.ts';
import { isIfAbsent } from '../../charts/kube/if-absent.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { checkUpgrade } from '../../model/checks/version.ts';
import type { Problem } from '../../model/diagnostics/problem.ts';
import { compareProblems, compareText } from '../../model/diagnostics/problem.ts';
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

/** An effect and the file that was rendered. */
export interface FileEffect extends Effect {
  file: string;
}

/** What a change does in one environment. */
export interface EnvironmentDiff {
  environment: string;
  /** The gravest first. */
  effects: FileEffect[];
}

/** What lies between a commit and the descriptions as they are now. */
export interface Diff {
  ref: string;
  environments: EnvironmentDiff[];
  /** What cannot be done to a running cluster: versions that it cannot be led to, data that would be lost unsaid. */
  problems: Problem[];
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
    problems: [
      ...upgrades(root, rendered.environments, await committedFiles(root, ref, 'clusters')),
      ...checkData(root, rendered.environments, dataOf(committed), rendered.files),
    ].sort(compareProblems),
  };
}

/** Objects of Helm charts, before a change and after it. */
export interface ChartPlaces {
  before: readonly Placed[];
  after: readonly Placed[];
}

/** Compares manifests by their paths, by environment. */
export function diffOfManifests(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  charts: ChartPlaces = { before: [], after: [] },
): EnvironmentDiff[] {
  // What is the same in the same place does nothing, and most is.
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

/** Without its folder a Kustomization fails, and Flux prunes nothing. */
function forgotten(environment: string): FileEffect {
  return {
    gravity: 'other',
    object: `Environment ${environment}`,
    what: 'is described no longer: Flux finds nothing to apply, and what runs stays as it is',
    next: 'take its machines down by what made them, with the commit before this change: npm run init-cluster -- --down, npm run nodes -- reset or npm run pulumi -- destroy',
    file: `clusters/${environment}/cluster.yaml`,
    changes: [],
  };
}

/** By environment, then by API version, kind, namespace and name: an object in another file is the same object. */
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
    // Another version of the API is another way to write the same object.
    here.set(`${object.apiVersion.split('/').slice(0, -1).join()} ${objectId(object)}`, { object, file });
    found.set(environment, here);
  }
  return found;
}

/** The environment whose manifest a file is. */
function environmentOf(file: string): string | undefined {
  return /^manifests\/([^/]+)\/.*\.ya?ml$/.exec(file)?.[1];
}

/** The object in a manifest; a person may have committed anything there. */
function objectIn(file: string, text: string): KubeObject {
  try {
    const object: unknown = parse(text);
    if (isKubeObject(object)) return object;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
  }
  throw new Failure(
    `${file} is no Kubernetes object there`,
    'Compare with a commit whose manifests were rendered: --from COMMIT',
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
): Problem[] {
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
