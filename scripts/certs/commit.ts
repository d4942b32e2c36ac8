import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../cli/failure.ts';
import { GitError, gitIn } from '../delivery/git.ts';
import { renderEnvironment } from '../flux/render-environment.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { withoutRoots, withRoots } from './cluster-file.ts';
import type { Roots } from './steps.ts';

/** Inputs of the render: a change there would be deployed with a step of the rotation. */
const inputs = ['apps', 'charts', 'clusters', 'images', 'model', 'operators'];

/**
 * Refuses to start if a step would deploy other changes too; changes of an interrupted rotation are accepted.
 */
export async function onlyRootsDiffer(environment: string, root = repositoryRoot): Promise<void> {
  const own = `clusters/${environment}/cluster.yaml`;
  const changed = (await git(root, ['status', '--porcelain', '-z', '--', ...inputs]))
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice(3));
  for (const file of changed) {
    if (file === own) {
      const before = await git(root, ['show', `HEAD:${own}`]);
      if (isDeepStrictEqual(withoutRoots(before), withoutRoots(await readFile(join(root, own), 'utf8'))))
        continue;
    }
    throw new Failure(
      `${file} has uncommitted changes, which the first step of the rotation would deploy.`,
      'Commit them, or stash them: git stash. Then type the same command again.',
    );
  }
}

/** Writes the roots of authorities into cluster.yaml, renders, and commits only these changes. */
export async function commitRoots(
  options: { environment: string; roots: Record<string, Roots>; message: string },
  root = repositoryRoot,
): Promise<void> {
  const { environment, roots, message } = options;
  const file = `clusters/${environment}/cluster.yaml`;
  const text = await readFile(join(root, file), 'utf8');
  const after = Object.entries(roots).reduce((so, [authority, each]) => withRoots(so, authority, each), text);
  await writeFile(join(root, file), after);
  await commitAsItStands({ environment, message }, root);
}

/** Renders, and commits cluster.yaml and the environment's manifests if they differ from the last commit. */
export async function commitAsItStands(
  { environment, message }: { environment: string; message: string },
  root = repositoryRoot,
): Promise<void> {
  await renderEnvironment(root, environment);
  const paths = [`clusters/${environment}/cluster.yaml`, `manifests/${environment}`];
  if ((await git(root, ['status', '--porcelain', '--', ...paths])) === '') return;
  await git(root, ['add', '--', ...paths]);
  await git(root, ['commit', '--quiet', '-m', message, '--', ...paths]);
}

async function git(root: string, args: string[]): Promise<string> {
  try {
    return await gitIn(root)(args);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new Failure(
      `git ${error.command} failed in ${root}: ${error.said || 'it gave no reason'}`,
      'A rotation is a series of commits: correct the cause, then type the same command again.',
    );
  }
}
