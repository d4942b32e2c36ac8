import { parse } from 'yaml';
import type { KubeObject } from '../../charts/kube-object.ts';
import { objectId } from '../../charts/object-id.ts';
import { checkUpgrade } from '../../model/check-version.ts';
import type { Environment } from '../../model/graph.ts';
import type { Problem } from '../../model/problem.ts';
import { compareText } from '../../model/problem.ts';
import { readText } from '../../model/read-text.ts';
import { readYaml } from '../../model/read-yaml.ts';
import { renderAll } from '../render/render.ts';
import { committedFiles } from './committed.ts';
import { type Effect, effectsOf, gravities } from './effects.ts';

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
  /** Versions that a running cluster cannot be led to. */
  problems: Problem[];
}

/** Compares what a commit rendered with what the descriptions come to now. */
export async function diff(root: string, ref: string, environment?: string): Promise<Diff> {
  const rendered = await renderAll(root, environment);
  const before = objects(await committedFiles(root, ref, 'manifests'));
  const after = objects(rendered.files);
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => environment === undefined || name === environment,
  );
  return {
    ref,
    environments: names.sort(compareText).map((name) => ({
      environment: name,
      effects: effects(before.get(name) ?? new Map(), after.get(name) ?? new Map()),
    })),
    problems: upgrades(root, rendered.environments, await committedFiles(root, ref, 'clusters')),
  };
}

interface Placed {
  object: KubeObject;
  file: string;
}

/** By environment, then by API version, kind, namespace and name: what is moved to another file is the same object. */
function objects(files: ReadonlyMap<string, string>): Map<string, Map<string, Placed>> {
  const found = new Map<string, Map<string, Placed>>();
  for (const [file, text] of files) {
    const environment = /^manifests\/([^/]+)\/.*\.ya?ml$/.exec(file)?.[1];
    if (environment === undefined) continue;
    const object: KubeObject = parse(text);
    const here = found.get(environment) ?? new Map<string, Placed>();
    // Another version of the API is another way to write the same object.
    here.set(`${object.apiVersion.split('/').slice(0, -1).join()} ${objectId(object)}`, { object, file });
    found.set(environment, here);
  }
  return found;
}

function effects(before: Map<string, Placed>, after: Map<string, Placed>): FileEffect[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const all = keys.flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    const file = now?.file ?? old?.file ?? '';
    return effectsOf(old?.object, now?.object).map((effect) => ({ ...effect, file }));
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
    const running = /^\s+version:\s*["']?(v\d+\.\d+\.\d+)/m.exec(committed.get(file) ?? '')?.[1];
    const { text } = readText(root, file);
    const source = text === undefined ? undefined : readYaml(text, file).source;
    if (running === undefined || source === undefined) return [];
    return checkUpgrade({ source, value: cluster }, running);
  });
}
