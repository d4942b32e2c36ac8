import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { CustomResources } from '../../charts/checks/custom-resources.ts';
import { builtInGroups } from '../../charts/kube/built-in-groups.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { artifactFiles } from '../../images/artifacts/artifacts.ts';
import { compareProblems, type Problem, problemOfFile } from '../../model/diagnostics/problem.ts';
import { header } from '../render/header.ts';
import { renderAll } from '../render/render.ts';

/** What was looked at, and what is wrong with it. */
export interface Verified {
  environments: number;
  /** Custom resources in all environments. */
  objects: number;
  kinds: number;
  problems: Problem[];
}

/** Compares every custom resource that the repository at `root` renders with its CustomResourceDefinition. */
export async function verify(root: string, report: (text: string) => void): Promise<Verified> {
  const { environments, files, charts } = await renderAll(root);
  const artifacts = new Set(environments.flatMap(({ operators }) => operators.flatMap(({ crds }) => crds)));
  const definitions: unknown[] = [];
  for (const name of artifacts) {
    for (const file of await artifactFiles(name, report)) {
      const documents = parseAllDocuments(readFileSync(file, 'utf8'));
      definitions.push(...documents.map((document): unknown => document.toJS()));
    }
  }
  // Charts bring definitions of their own.
  for (const templated of charts.values()) definitions.push(...[...templated.values()].flat());
  return verifyFiles(files, environments.length, definitions);
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
