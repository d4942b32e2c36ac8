import { type Git, GitError } from './git.ts';

/** The files of a commit below a folder, by path. */
export async function filesOfCommit(git: Git, commit: string, folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const paths = nulSeparated(await git(['ls-tree', '-r', '-z', '--name-only', commit, '--', folder]));
  if (paths.length === 0) return found;
  const input = paths.map((path) => `${commit}:${path}\n`).join('');
  const bytes = Buffer.from(await git(['cat-file', '--batch'], { input }));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = bytes.indexOf(0x0a, at);
    const size = Number(bytes.subarray(at, end).toString().split(' ')[2]);
    found.set(paths[i] ?? '', bytes.subarray(end + 1, end + 1 + size).toString());
    at = end + 1 + size + 1;
  }
  return found;
}

/** Whether two commits have any history in common. */
export async function haveCommonHistory(git: Git, one: string, other: string): Promise<boolean> {
  return git(['merge-base', one, other]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitError && error.said === '') return false;
      throw error;
    },
  );
}

/** Paths that differ between two commits. */
export async function changedPaths(git: Git, from: string, to: string): Promise<string[]> {
  return nulSeparated(await git(['diff', '--name-only', '--no-renames', '-z', from, to]));
}

/** Commits that changed a path, the newest first. */
export async function commitsOfPath(git: Git, commit: string, path: string, most: number): Promise<string[]> {
  const text = await git(['log', `--max-count=${most}`, '--format=%H', commit, '--', path]);
  return text.split('\n').filter((line) => line !== '');
}

/** The newest commit of a history, itself included, that was made before a time. */
export async function lastBefore(git: Git, commit: string, time: Date): Promise<string | undefined> {
  const found = await git(['rev-list', '--max-count=1', `--before=${time.toISOString()}`, commit]);
  return found.trim() || undefined;
}

function nulSeparated(text: string): string[] {
  return text.split('\0').filter((path) => path !== '');
}
