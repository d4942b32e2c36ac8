import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withFileLock } from './file-lock.ts';
import { cacheDir } from './paths.ts';

const STALE_MS = 30_000;

interface CacheLockOptions<T> {
  report: (message: string) => void;
  signal?: AbortSignal | undefined;
  /** Returns the result if there is nothing left to do. Called at each attempt, because another process can have done the work. */
  done: () => Promise<T | undefined>;
}

/** The last caller in this process, by lock: callers in one process wait for each other without a file. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` with the exclusive cache lock `name`, in this process and among processes. Waits for another process
 * and reports its id.
 */
export function withCacheLock<T>(
  name: string,
  options: CacheLockOptions<T>,
  work: () => Promise<T>,
): Promise<T> {
  const turn = (queues.get(name) ?? Promise.resolve()).then(() => lockAndWork(name, options, work));
  queues.set(
    name,
    turn.catch(() => {
      // The caller gets the error; the next in the queue waits only for the end.
    }),
  );
  return turn;
}

function lockAndWork<T>(name: string, options: CacheLockOptions<T>, work: () => Promise<T>): Promise<T> {
  const folder = join(cacheDir(), 'locks');
  mkdirSync(folder, { recursive: true });
  let reported: string | undefined;
  return withFileLock<T>(
    join(folder, name),
    {
      staleMs: STALE_MS,
      signal: options.signal,
      whileHeld: async (pid) => {
        if (pid !== reported) {
          reported = pid;
          options.report(`waiting for process ${pid || '(unknown)'}, which works on the same cache`);
        }
        return options.done();
      },
      onLost: () => {
        // Results are moved into place by renaming, so continuing is safe even in parallel with another process.
      },
    },
    async () => (await options.done()) ?? (await work()),
  );
}
