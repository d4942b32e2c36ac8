import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../cli/failure.ts';
import { GitError, gitIn } from '../delivery/git.ts';

const mark = '# Written by npm run secrets -- install-hook.';
const call = 'npm run --silent secrets -- check --staged';
const script = `#!/bin/sh\n${mark} It refuses a commit with a secret in plain text.\nexec ${call}\n`;

/** Writes the Git hook that checks each commit. A hook of the user is not replaced. */
export async function installHook(root: string): Promise<string> {
  const folder = await gitIn(root)(['rev-parse', '--git-path', 'hooks']).catch((error: unknown) => {
    if (!(error instanceof GitError)) throw error;
    throw new Failure(`${root} is not a Git repository: ${error.said}`, 'Type git init first.');
  });
  const file = join(resolve(root, folder.trim()), 'pre-commit');
  if (existsSync(file) && !readFileSync(file, 'utf8').includes(mark)) {
    throw new Failure(`${file} is your own hook.`, `Add this line to it: ${call}`);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return file;
}
