import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { cacheDir } from './paths.ts';

const POLL_MS = 1000;
const STALE_MS = 30_000;

/** What a lock is asked for, beside the work itself. */
interface LockOptions<T> {
  report: (message: string) => void;
  signal?: AbortSignal | undefined;
  /** Returns the result where there is nothing left to do: asked at each look, for another may have done the work. */
  done: () => Promise<T | undefined>;
}

/** The last in this process to ask for each lock: within a process, one waits for the other without a file. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while nobody else, in this process or in another, holds the lock `name` of the cache. Where another
 * process does, this waits and says for which.
 */
export function withCacheLock<T>(name: string, options: LockOptions<T>, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(name) ?? Promise.resolve()).then(() => lockAndWork(name, options, work));
  queues.set(
    name,
    turn.catch(() => {
      // Told to the one who asked; the next in the queue only waits for the end.
    }),
  );
  return turn;
}

async function lockAndWork<T>(name: string, options: LockOptions<T>, work: () => Promise<T>): Promise<T> {
  const root = join(cacheDir(), 'locks');
  mkdirSync(root, { recursive: true });
  const target = join(root, name);
  const pidFile = `${target}.pid`;
  let told = '';
  for (;;) {
    options.signal?.throwIfAborted();
    const release = await tryLock(target);
    if (release) {
      writeFileSync(pidFile, `${process.pid}\n`);
      try {
        return (await options.done()) ?? (await work());
      } finally {
        await release().catch(() => {
          // The lock was given up while the machine slept; see tryLock.
        });
      }
    }
    const holder = readPid(pidFile);
    if (holder !== told) {
      told = holder;
      options.report(`waiting for process ${holder}, which works on the same cache`);
    }
    await sleep(POLL_MS, undefined, options.signal ? { signal: options.signal } : {});
    const result = await options.done();
    if (result !== undefined) return result;
  }
}

async function tryLock(target: string): Promise<(() => Promise<void>) | undefined> {
  try {
    return await lock(target, {
      realpath: false,
      stale: STALE_MS,
      update: STALE_MS / 3,
      onCompromised: () => {
        // After a laptop's sleep the lock looks abandoned. The other processes slept too, and results are put in
        // place by renaming: going on is safe, while the default is to throw out of a timer.
      },
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOCKED') return undefined;
    throw error;
  }
}

function readPid(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '(unknown)';
  }
}
