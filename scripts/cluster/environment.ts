import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { type Cluster, clusterSchema } from '../../model/cluster.ts';
import { Failure } from '../failure.ts';

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
  const checkAll = 'To see every problem with its line: npm run render -- --check';
  try {
    const result = clusterSchema.safeParse(parse(readFileSync(join(root, file), 'utf8')));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new Failure(
      `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`,
      checkAll,
    );
  } catch (error) {
    if (error instanceof YAMLParseError)
      throw new Failure(`${file}: ${error.message}`, checkAll, { cause: error });
    throw error;
  }
}

/** Names of all environments: the folders of clusters/ with a cluster.yaml. */
export function environments(root = repositoryRoot): string[] {
  const folder = join(root, 'clusters');
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'cluster.yaml')))
    .sort();
}
