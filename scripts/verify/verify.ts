import { parse } from 'yaml';
import { CustomResources } from '../../charts/checks/custom-resources.ts';
import { builtInGroups } from '../../charts/kube/built-in-groups.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import type { Report } from '../../images/report.ts';
import { compareProblems, type Problem, problemOfFile } from '../../model/diagnostics/problem.ts';
import { header } from '../render/header.ts';
import { renderAll } from '../render/render.ts';
import { readDefinitions } from './definitions.ts';

/** What was looked at, and what is wrong with it. */
export interface Verified {
  environments: number;
  /** Custom resources in all environments. */
  objects: number;
  kinds: number;
  /** What an API server was shown; absent where none was asked. */
  server?: { shown: number; versions: string[] };
  problems: Problem[];
}

/** Of `verify`. */
export interface VerifyOptions {
  /** Whether to start no API server. */
  offline: boolean;
  report: Report;
  /** Ends it, with its reason. Default: nothing does. */
  signal?: AbortSignal;
}

/**
 * Compares every custom resource that the repository at `root` renders with its CustomResourceDefinition; where nothing is
 * wrong with them, and unless `offline` is set, it shows every object to an API server.
 */
export async function verify(root: string, { offline, report, signal }: VerifyOptions): Promise<Verified> {
  const rendered = await renderAll(root);
  const { environments, files, charts } = rendered;
  const artifacts = environments.flatMap(({ operators }) => operators.flatMap(({ crds }) => crds));
  const definitions = await readDefinitions(artifacts, report);
  // Charts bring definitions of their own.
  for (const templated of charts.values()) definitions.push(...[...templated.values()].flat());
  const found = verifyFiles(files, environments.length, definitions);
  if (offline || found.problems.length > 0) return found;
  const { verifyOnServer } = await import('./on-server.ts');
  const { problems, ...server } = await verifyOnServer(root, rendered, definitions, { report, signal });
  return { ...found, server, problems };
}

/** The same for files that were rendered and definitions that were read. */
export function verifyFiles(
  files: ReadonlyMap<string, string>,
  environments: number,
  definitions: readonly unknown[],
): Verified {
  const rendered = [...files].map(([path, text]) => ({ path, text, object: parseObject(text) }));
  const own = rendered.map(({ object }) => object).filter(({ kind }) => kind === 'CustomResourceDefinition');
  const resources = new CustomResources([...definitions, ...own]);
  const custom = rendered.filter(({ object }) => !builtInGroups.has(groupOf(object)));
  const problems = custom.flatMap(({ path, text, object }): Problem[] => {
    const [, env = ''] = path.split('/');
    const file = text.slice(header.length).split(' ')[0] ?? path;
    const id = `in ${env}, ${objectId(object)} (${object.apiVersion})`;
    const faults = resources.faults(object);
    if (faults !== undefined) {
      return faults.map(({ what, fix }) =>
        problemOfFile(file, {
          code: 'custom-resource',
          what: `${id}: ${what}`,
          why: 'the API server would refuse it, or drop the field without a word',
          fix,
        }),
      );
    }
    const undefinedKind = {
      code: 'no-definition',
      what: `${id} is of a kind that nothing defines`,
      why: 'the API server would not know it',
      fix: 'name the artifact that brings its definition under crds of its operator, or another apiVersion',
    };
    return [problemOfFile(file, undefinedKind)];
  });
  return {
    environments,
    objects: custom.length,
    kinds: new Set(custom.map(({ object }) => `${object.apiVersion} ${object.kind}`)).size,
    problems: problems.sort(compareProblems),
  };
}

/** Of a file that was rendered here. */
function parseObject(text: string): KubeObject {
  return parse(text);
}

function groupOf({ apiVersion }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
