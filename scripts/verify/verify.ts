import { parse } from 'yaml';
import { CustomResources } from '../../charts/checks/custom-resources.ts';
import { builtInGroups } from '../../charts/kube/built-in-groups.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import type { Report } from '../../images/index.ts';
import { compareDiagnostics, type Diagnostic, diagnosticOfFile } from '../../model/diagnostics/diagnostic.ts';
import { header } from '../render/header.ts';
import { renderAll } from '../render/render.ts';
import { readDefinitions } from './definitions.ts';

/** Counts of checked objects, and their diagnostics. */
export interface Verified {
  environments: number;
  /** Number of custom resources in all environments. */
  objects: number;
  kinds: number;
  /** Result of the API servers; absent if none was started. */
  server?: { shown: number; versions: string[] };
  diagnostics: Diagnostic[];
}

/** Options of `verify`. */
export interface VerifyOptions {
  /** `true`: starts no API server. */
  offline: boolean;
  report: Report;
  /** Cancels the check, with its reason. Default: none. */
  signal?: AbortSignal;
}

/**
 * Validates every rendered custom resource of the repository at `root` against its CustomResourceDefinition. If all are valid, and
 * unless `offline` is set, it checks every object with an API server.
 */
export async function verify(root: string, { offline, report, signal }: VerifyOptions): Promise<Verified> {
  const rendered = await renderAll(root);
  const { environments, files, charts } = rendered;
  const artifacts = environments.flatMap(({ operators }) => operators.flatMap(({ crds }) => crds));
  const definitions = await readDefinitions(artifacts, report);
  // Charts have their own definitions.
  for (const templated of charts.values()) definitions.push(...[...templated.values()].flat());
  const found = verifyFiles(files, environments.length, definitions);
  if (offline || found.diagnostics.length > 0) return found;
  const { verifyOnServer } = await import('./on-server.ts');
  const { diagnostics, ...server } = await verifyOnServer(root, rendered, definitions, { report, signal });
  return { ...found, server, diagnostics };
}

/** The same for given rendered files and definitions. */
export function verifyFiles(
  files: ReadonlyMap<string, string>,
  environments: number,
  definitions: readonly unknown[],
): Verified {
  const rendered = [...files].map(([path, text]) => ({ path, text, object: parseObject(text) }));
  const own = rendered.map(({ object }) => object).filter(({ kind }) => kind === 'CustomResourceDefinition');
  const resources = new CustomResources([...definitions, ...own]);
  const custom = rendered.filter(({ object }) => !builtInGroups.has(groupOf(object)));
  const diagnostics = custom.flatMap(({ path, text, object }): Diagnostic[] => {
    const [, env = ''] = path.split('/');
    const file = text.slice(header.length).split(' ')[0] ?? path;
    const id = `in ${env}, ${objectId(object)} (${object.apiVersion})`;
    const faults = resources.faults(object);
    if (faults !== undefined) {
      return faults.map(({ what, fix }) =>
        diagnosticOfFile(file, {
          code: 'custom-resource',
          what: `${id}: ${what}`,
          why: 'the API server would refuse it, or drop the field silently',
          fix,
        }),
      );
    }
    const undefinedKind = {
      code: 'no-definition',
      what: `no definition has the kind of ${id}`,
      why: 'the API server does not know the kind',
      fix: 'add the artifact with its definition to crds of its operator, or write another apiVersion',
    };
    return [diagnosticOfFile(file, undefinedKind)];
  });
  return {
    environments,
    objects: custom.length,
    kinds: new Set(custom.map(({ object }) => `${object.apiVersion} ${object.kind}`)).size,
    diagnostics: diagnostics.sort(compareDiagnostics),
  };
}

/** Parses a rendered file. */
function parseObject(text: string): KubeObject {
  return parse(text);
}

function groupOf({ apiVersion }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
