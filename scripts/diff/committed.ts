import { execa } from 'execa';
import { Failure } from '../cli/failure.ts';

/**
 * The files below a folder in a commit; empty if the commit has no such folder. It needs two processes in
 * total.
 */
export async function committedFiles(
  root: string,
  ref: string,
  folder: string,
): Promise<Map<string, string>> {
  const git = execa({ cwd: root, reject: false, stripFinalNewline: false });
  const commit = await git('git', [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${ref}^{commit}`,
  ]);
  if (commit.exitCode === undefined) {
    throw new Failure('git cannot be run here', 'On Debian and Ubuntu: apt-get install git');
  }
  if (commit.exitCode !== 0) {
    throw new Failure(`there is no commit '${ref}' in this repository`, 'To list commits: git log --oneline');
  }
  const listed = await git('git', ['ls-tree', '-r', '-z', '--name-only', commit.stdout.trim(), '--', folder]);
  const paths = listed.stdout.split('\0').filter((path) => path !== '');
  const input = paths.map((path) => `${commit.stdout.trim()}:./${path}\n`).join('');
  const contents = await execa('git', ['cat-file', '--batch'], {
    cwd: root,
    input,
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  const texts = blobs(Buffer.from(contents.stdout));
  return new Map(paths.map((path, i) => [path, texts[i] ?? '']));
}

/** Parses the output of `git cat-file --batch`: per file a line with its size, and its bytes. */
function blobs(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    const size = Number(bytes.subarray(at, end).toString().split(' ')[2]);
    found.push(bytes.subarray(end + 1, end + 1 + size).toString());
    at = end + 1 + size + 1;
  }
  return found;
}
