import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { Failure } from '../cli/failure.ts';

const mark = '# Written by npm run secrets -- install-hook.';
const call = 'npm run --silent secrets -- check --staged';
const script = `#!/bin/sh\n${mark} It refuses a commit with a secret in plain text.\nexec ${call}\n`;

/** Writes the hook that looks at each commit before it is made; a hook of somebody else is left as it is. */
export async function installHook(root: string): Promise<string> {
  const { stdout, stderr, failed } = await execa('git', ['rev-parse', '--git-path', 'hooks'], {
    cwd: root,
    reject: false,
  });
  if (failed) throw new Failure(`${root} is no Git repository: ${stderr.trim()}`, 'Type git init first.');
  const file = join(resolve(root, stdout.trim()), 'pre-commit');
  if (existsSync(file) && !readFileSync(file, 'utf8').includes(mark)) {
    throw new Failure(`${file} is a hook of your own.`, `Add this line to it: ${call}`);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return file;
}
