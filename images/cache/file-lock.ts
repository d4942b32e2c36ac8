import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { isAlive } from './is-alive.ts';

/** Pause between two attempts to take a lock. */
const POLL_MS = 1000;

/** Maximum time without a renewal by a busy holder. */
const LATEST_RENEWAL_MS = 600_000;

export interface FileLockOptions<T> {
  /** Age at which the lock of a crashed process expires. */
  staleMs: number;
  signal?: AbortSignal | undefined;
  /**
   * Called at each attempt while another process holds the lock, with its process id (empty where it is unknown).
   * Returns a result that makes the work unnecessary, or undefined to keep waiting; throws to give up.
   */
  whileHeld: (pid: string) => Promise<T | undefined>;
  /** Called if the lock was lost: another process took it after ten minutes without a renewal, or its folder was removed. */
  onLost: (error: Error) => void;
}

/** Runs `work` while no other process holds the lock at `path`. The folder of `path` must exist. */
export async function withFileLock<T>(
  path: string,
  options: FileLockOptions<T>,
  work: () => Promise<T>,
): Promise<T> {
  const pidFile = `${path}.pid`;
  for (;;) {
    options.signal?.throwIfAborted();
    const release = isHeld(path, pidFile) ? undefined : await tryLock(path, options);
    if (release) {
      writeFileSync(pidFile, `${process.pid}\n`);
      try {
        return await work();
      } finally {
        if (readPid(pidFile) === String(process.pid)) rmSync(pidFile);
        await release().catch(() => {
          // Only a lost lock cannot be released: onLost was called for it.
        });
      }
    }
    const result = await options.whileHeld(readPid(pidFile));
    if (result !== undefined) return result;
    await sleep(POLL_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/**
 * Whether a running process holds the lock, even if its renewal is late because the machine slept or was busy. After ten minutes
 * without a renewal the process id is assumed to belong to another program, as after a restart of the machine.
 */
function isHeld(path: string, pidFile: string): boolean {
  const renewed = statSync(`${path}.lock`, { throwIfNoEntry: false })?.mtimeMs;
  if (renewed === undefined || Date.now() - renewed > LATEST_RENEWAL_MS) return false;
  const pid = Number(readPid(pidFile));
  return pid !== process.pid && isAlive(pid);
}

async function tryLock(
  path: string,
  { staleMs, onLost }: Pick<FileLockOptions<unknown>, 'staleMs' | 'onLost'>,
): Promise<(() => Promise<void>) | undefined> {
  try {
    return await lock(path, {
      realpath: false,
      stale: staleMs,
      update: Math.round(staleMs / 5),
      onCompromised: onLost,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOCKED') return undefined;
    throw error;
  }
}

/** Process id of the holder; empty if it is not written yet. */
function readPid(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
