import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withFileLock } from '../../images/cache/index.ts';
import { clusterKeyFile } from './key-files.ts';

/**
 * Runs the writing parts of commands one after the other, so that each reads what the one before it has written: of two
 * values that are set at once none is lost, and no key of a cluster is made twice.
 */
export async function inTurn<T>(say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const folder = dirname(clusterKeyFile('any'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let told = false;
  return withFileLock<T>(
    join(folder, 'secrets'),
    {
      staleMs: 30_000,
      whileHeld: async (pid) => {
        if (!told) say(`waiting for process ${pid || '(unknown)'}, which changes secrets`);
        told = true;
        return undefined;
      },
      onLost: () =>
        say('another process changed secrets at the same time: look at git diff before you commit'),
    },
    work,
  );
}
