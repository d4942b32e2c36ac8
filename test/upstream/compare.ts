import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { allObjects, type Component, isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { goModule } from '../../images/go/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { type ControllerNames, factsOf, flagsIn } from './facts.ts';
import { withoutTemplates } from './templates.ts';

/** Facts that differ for one reason: those that only upstream's manifests have, and those that only ours have. */
export interface UpstreamDifference {
  reason: string;
  upstream?: readonly string[];
  ours?: readonly string[];
}

/** A controller whose manifests are written here, and the place of upstream's. */
export interface Comparison {
  /** Folder of manifests/dev, or the rendered component if dev does not have it. */
  component: string | Component;
  ours: ControllerNames;
  upstream: ControllerNames & {
    /** A binary of images/lock.yaml, or an artifact where it is not built: its module, at its version, holds the files. */
    binary: string;
    /** Paths in the module. */
    files: readonly string[];
    /** Set where the files are templates of Helm: of arguments the names alone are compared then. */
    chart?: {
      /** Path of `_helpers.tpl`. */
      helpers: string;
      /** Path of the template of the Deployment. */
      deployment: string;
    };
  };
  /** Facts that upstream's files do not tell. Default: none. */
  without?: readonly ('argument' | 'webhook')[];
  differences: readonly UpstreamDifference[];
}

/** The facts that differ, and the differences that are written down; equal where each has its reason and none is outdated. */
export async function compareWithUpstream(comparison: Comparison): Promise<{
  found: Required<Omit<UpstreamDifference, 'reason'>>;
  written: Required<Omit<UpstreamDifference, 'reason'>>;
}> {
  const { component, differences, without = [] } = comparison;
  const isTold = (fact: string): boolean => !without.some((family) => fact.startsWith(`${family} `));
  const named = (fact: string): string =>
    comparison.upstream.chart === undefined ? fact : fact.replace(/^(argument --[\w-]+)=.*/, '$1');
  const upstream = await upstreamFacts(comparison);
  const ours = new Set([...factsOf(ownObjects(component), comparison.ours)].map(named));
  return {
    found: {
      upstream: [...upstream].filter((fact) => !ours.has(fact) && isTold(fact)).sort(),
      ours: [...ours].filter((fact) => !upstream.has(fact) && isTold(fact)).sort(),
    },
    written: {
      upstream: differences
        .flatMap((each) => each.upstream ?? [])
        .flatMap(expanded)
        .sort(),
      ours: differences
        .flatMap((each) => each.ours ?? [])
        .flatMap(expanded)
        .sort(),
    },
  };
}

/** `cluster pods nodes: get` says two facts: one for each resource. */
function expanded(line: string): string[] {
  if (/^(argument|webhook|role) /.test(line)) return [line];
  const [, scope, resources = '', verbs] = /^(\S+) (.*): (.*)$/.exec(line) ?? [];
  return resources.split(' ').map((resource) => `${scope} ${resource}: ${verbs}`);
}

function ownObjects(component: string | Component): KubeObject[] {
  if (typeof component !== 'string') return allObjects(component);
  const folder = join(import.meta.dirname, '../../manifests/dev', component);
  return readdirSync(folder).flatMap((name) => objectsIn(readFileSync(join(folder, name), 'utf8')));
}

async function upstreamFacts({ upstream }: Comparison): Promise<Set<string>> {
  const { binary, files, chart } = upstream;
  const { module, version } = moduleOf(binary);
  const content = await goModule(module, version);
  const read = (path: string): string => {
    const file = content.get(path);
    if (file === undefined) throw new Error(`${module} ${version} has no ${path}: see where it went`);
    return file.toString('utf8');
  };
  if (chart === undefined)
    return factsOf(
      files.flatMap((path) => objectsIn(read(path))),
      upstream,
    );
  const helpers = read(chart.helpers);
  const objects = files.flatMap((path) => objectsIn(withoutTemplates(read(path), helpers)));
  return new Set([...factsOf(objects, upstream), ...flagsIn(read(chart.deployment))]);
}

function moduleOf(name: string): { module: string; version: string } {
  const { binaries, artifacts } = loadLock();
  const [binary, artifact] = [binaries[name], artifacts[name]];
  if (binary !== undefined) return { module: binary.go.module ?? '', version: binary.version };
  if (artifact === undefined) throw new Error(`images/lock.yaml has no binary or artifact '${name}'`);
  return artifact.build;
}

function objectsIn(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object: unknown = document.toJS();
    return isKubeObject(object) ? [object] : [];
  });
}
