import { join } from 'node:path';
import { RunError } from '@pulumi/pulumi/errors.js';
import { formatDiagnostic } from '../model/diagnostics/format-diagnostic.ts';
import type { Environment } from '../model/graph.ts';
import { loadGraph } from '../model/load-graph.ts';

/** The repository's root. */
export const repositoryRoot = join(import.meta.dirname, '..');

/** The environment with the name of the stack. Throws if there is none, or if its descriptions have diagnostics. */
export async function environmentOf(stack: string, root = repositoryRoot): Promise<Environment> {
  const { environments, diagnostics } = await loadGraph(root);
  if (diagnostics.length > 0)
    throw new RunError(diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n'));
  const found = environments.find(({ name }) => name === stack);
  if (found !== undefined) return found;
  const known = environments.map(({ name }) => `pulumi up -s ${name}`);
  throw new RunError(
    `there is no environment '${stack}': clusters/${stack}/cluster.yaml does not exist.\n  A stack is named as its environment: ${known.join(', ')}`,
  );
}
