import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Author } from './commit-author.ts';
import type { Git } from './git.ts';
import { explainCommit } from './remote-errors.ts';

/** Content of a commit: it replaces these paths of the previous commit. */
export interface ManifestChange {
  /** Files by path, with `/`. */
  files: ReadonlyMap<string, string>;
  /** Folders and files that the commit replaces completely, such as `manifests/prod`; all `files` are inside them. */
  replaces: readonly string[];
  message: string;
}

/** The Git folder in which a commit is made. */
interface CommitFolder {
  gitDir: string;
  /** Git in that folder with more environment variables. */
  git(env: Record<string, string>): Git;
  author(): Promise<Author>;
}

/**
 * Makes a commit without a push and returns it; undefined if it would change nothing.
 * @param parent Undefined makes the first commit of a branch.
 * @throws Failure if it cannot be written or signed.
 */
export async function makeCommit(
  { files, replaces, message }: ManifestChange,
  parent: string | undefined,
  folder: CommitFolder,
): Promise<string | undefined> {
  const scratch = await mkdtemp(join(folder.gitDir, 'commit-'));
  try {
    const workTree = join(scratch, 'tree');
    await writeFiles(workTree, files);
    const git = folder.git({ GIT_WORK_TREE: workTree, GIT_INDEX_FILE: join(scratch, 'index') });
    await git(['read-tree', ...(parent === undefined ? ['--empty'] : [parent])]);
    await git(['-c', 'core.autocrlf=false', 'add', '--all', '--force', '--', ...replaces]);
    const tree = (await git(['write-tree'])).trim();
    if (parent !== undefined && tree === (await git(['rev-parse', `${parent}^{tree}`])).trim())
      return undefined;
    const { settings, sign } = await folder.author();
    const commit = await git(
      [
        ...settings.flatMap((setting) => ['-c', setting]),
        ...['commit-tree', tree, ...(sign ? ['-S'] : [])],
        ...(parent === undefined ? [] : ['-p', parent]),
      ],
      { input: message },
    );
    return commit.trim();
  } catch (error) {
    throw explainCommit(error);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function writeFiles(workTree: string, files: ManifestChange['files']): Promise<void> {
  await mkdir(workTree);
  for (const folder of new Set([...files.keys()].map(dirname)))
    await mkdir(join(workTree, folder), { recursive: true });
  await Promise.all([...files].map(([path, text]) => writeFile(join(workTree, path), text)));
}
