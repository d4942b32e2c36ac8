import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkSchema } from '../../model/checks/schema.ts';
import { readText } from '../../model/reading/read-text.ts';
import { readYaml } from '../../model/reading/read-yaml.ts';
import { type Cluster, clusterSchema } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';

/** The repository's root. */
export const repositoryRoot = join(import.meta.dirname, '..', '..');

/**
 * Reads `clusters/ENV/cluster.yaml` alone: for commands that look at a cluster or a machine and should work
 * while an app's description elsewhere is half written.
 */
export function readCluster(environment: string, root = repositoryRoot): Cluster {
  const known = environments(root);
  const file = `clusters/${environment}/cluster.yaml`;
  if (!known.includes(environment)) {
    throw new Failure(
      `there is no environment '${environment}': ${file} does not exist.`,
      `Use one of: ${known.map((name) => `--env ${name}`).join(', ')}`,
    );
  }
  const { text, diagnostic } = readText(root, file);
  if (diagnostic !== undefined) throw new DiagnosticsFailure([diagnostic]);
  const { source, diagnostics } = readYaml(text, file);
  if (source === undefined) throw new DiagnosticsFailure(diagnostics);
  const checked = checkSchema(clusterSchema, source);
  if (checked.value === undefined) throw new DiagnosticsFailure(checked.diagnostics);
  return checked.value;
}

/** Names of all environments: the folders of clusters/ with a cluster.yaml. */
export function environments(root = repositoryRoot): string[] {
  const folder = join(root, 'clusters');
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'cluster.yaml')))
    .sort();
}
