import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { type Lock, lockPath, parseLock } from '../../images/lock/index.ts';
import { askUpstream, type Compared, compareLock, withValue } from '../../images/lock/update.ts';
import { Failure } from '../cli/failure.ts';
import type { LockAction } from './action.ts';
import { printLock } from './print-lock.ts';

/**
 * Compares the values of the lock file with upstream's and prints the differences.
 * `names` selects images, artifacts and programs; without any, all are compared.
 * Returns the exit code: 1 while a value still differs or could not be compared.
 */
export async function compareWithUpstream(
  action: LockAction,
  names: readonly string[],
  options: { json?: true },
): Promise<number> {
  const report = (line: string): void =>
    void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
  const text = readFileSync(lockPath, 'utf8');
  const lock = read(text);
  const all = await asked(() => compareLock(lock, [...names], askUpstream(report)));
  const different = all.filter(({ locked, found }) => found === undefined || found !== locked);
  if (action === 'update') write(text, different);
  if (options.json === true) process.stdout.write(`${JSON.stringify(different, null, 2)}\n`);
  else printLock(action, all.length, different);
  const open = action === 'check' ? different : different.filter(({ found }) => found === undefined);
  return open.length === 0 ? 0 : 1;
}

function read(text: string): Lock {
  try {
    return parseLock(text, lockPath);
  } catch (error) {
    throw new Failure(
      error instanceof Error ? error.message : String(error),
      'Correct that, then type the same command again.',
    );
  }
}

async function asked(compare: () => Promise<Compared[]>): Promise<Compared[]> {
  try {
    return await compare();
  } catch (error) {
    throw new Failure(
      error instanceof Error ? error.message : String(error),
      'For valid names: npm run lock -- --help',
    );
  }
}

/** Writes the found values into the lock file, atomically. */
function write(text: string, different: readonly Compared[]): void {
  let changed = text;
  for (const { path, found } of different) {
    if (found !== undefined) changed = withValue(changed, path, found);
  }
  if (changed === text) return;
  read(changed);
  writeFileSync(`${lockPath}.new`, changed);
  renameSync(`${lockPath}.new`, lockPath);
}
