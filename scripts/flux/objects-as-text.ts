import { readFile } from 'node:fs/promises';
import { artifactFiles } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';

/** The CustomResourceDefinitions of operators as one text. */
export async function definitionsOf(operators: Environment['operators']): Promise<string> {
  const artifacts = operators.flatMap(({ crds }) => crds);
  const files = (await Promise.all(artifacts.map((artifact) => artifactFiles(artifact)))).flat();
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n---\n');
}

/** The objects of components as one text, in the order that an API server needs. */
export function objectsOf(
  { name }: Pick<Environment, 'name'>,
  manifests: ReadonlyMap<string, string>,
  components: readonly string[],
): string {
  const objects = [...manifests].filter(([path]) => isOf(components, name, path)).map(([, text]) => text);
  // The API server refuses an object whose namespace does not exist yet, and a claim without its class waits
  // long.
  const order = (text: string): number => (/^kind: (Namespace|StorageClass)$/m.test(text) ? 0 : 1);
  return objects.sort((a, b) => order(a) - order(b)).join('\n---\n');
}

/** Whether a manifest belongs to one of the components. */
export function isOf(components: readonly string[], environment: string, path: string): boolean {
  return components.some((component) => path.startsWith(`manifests/${environment}/${component}/`));
}
