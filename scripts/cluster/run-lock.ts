import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, withFileLock } from '../../images/cache/index.ts';
import { stateDir } from '../../images/cache/paths.ts';
import type { Report } from '../../images/index.ts';
import { Failure } from '../cli/failure.ts';

const STALE_MS = 10_000;

/** Longest wait for the lock of an ended process: until it is stale, and one more attempt. */
const MAX_WAIT_MS = STALE_MS + 5_000;

/**
 * Runs the work while no other command changes the cluster. With `wait`, it reports the other command and
 * waits for its end.
 * @throws Failure if another command runs and `wait` is not set.
 */
export function withClusterLock<T>(
  cluster: string,
  work: () => Promise<T>,
  { wait }: { wait?: Report } = {},
): Promise<T> {
  // Beside the cluster's own folder, which --down removes while it has the lock.
  mkdirSync(join(stateDir(), cluster), { recursive: true });
  const started = Date.now();
  return withFileLock(
    join(stateDir(), cluster),
    {
      staleMs: STALE_MS,
      whileHeld: async (pid) => {
        const waitsForDead = !isAlive(Number(pid)) && Date.now() - started < MAX_WAIT_MS;
        if (waitsForDead) return undefined;
        if (wait !== undefined) {
          wait(`waiting for another command (process ${pid || 'unknown'}) on the cluster`);
          return undefined;
        }
        throw new Failure(
          `another command (process ${pid || 'unknown'}) is changing the cluster '${cluster}'.`,
          'Wait for it or stop it, then type the same command again.',
        );
      },
      onLost: (error) => {
        // Another command may have the lock now.
        console.error(
          `error: the lock on the cluster '${cluster}' was lost: ${error.message}\n  Type the same command again.`,
        );
        process.exit(1);
      },
    },
    work,
  );
}
