import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../cli/failure.ts';
import { GitError, gitIn } from '../delivery/git.ts';

const mark = '# Written by npm run secrets -- install-hook.';
const call = 'npm run --silent secrets -- check --staged';
const script = `#!/bin/sh\n${mark} It refuses a commit with a secret in plain text.\nexec ${call}\n`;

/** Writes the hook that checks each commit before it is made; a hook that Plinth did not write stays as it is. */
export async function installHook(root: string): Promise<string> {
  const folder = await gitIn(root)(['rev-parse', '--git-path', 'hooks']).catch((error: unknown) => {
    if (!(error instanceof GitError)) throw error;
    throw new Failure(`${root} is no Git repository: ${error.said}`, 'Type git init first.');
  });
  const file = join(resolve(root, folder.trim()), 'pre-commit');
  if (existsSync(file) && !readFileSync(file, 'utf8').includes(mark)) {
    throw new Failure(`${file} is a hook of your own.`, `Add this line to it: ${call}`);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return file;
}
