import { mkdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { stateDir } from '../../images/cache/paths.ts';
import { Failure } from '../cli/failure.ts';

/** Runs the work while no other command changes the cluster of that name. A killed run's lock is void after 10 s. */
export async function withClusterLock<T>(cluster: string, work: () => Promise<T>): Promise<T> {
  // Beside the cluster's own folder, which --down removes while it holds the lock.
  mkdirSync(join(stateDir(), cluster), { recursive: true });
  const lockfilePath = join(stateDir(), `${cluster}.lock`);
  const holder = `${lockfilePath}-holder`;
  const acquire = (retries: number) =>
    lock(stateDir(), {
      lockfilePath,
      stale: 10_000,
      update: 2_000,
      retries: { retries, minTimeout: 1_000, factor: 1 },
      onCompromised: (error) => {
        // The machine slept, or was too busy to say every 10 s that the lock is held: another command may have it.
        console.error(
          `error: the lock on the cluster '${cluster}' was lost: ${error.message}\n  Type the same command again.`,
        );
        process.exit(1);
      },
    });
  let release: () => Promise<void>;
  try {
    release = await acquire(0).catch(async (error: unknown) => {
      const pid = Number(await readFile(holder, 'utf8').catch(() => ''));
      // Its process is gone: wait until its lock is void.
      if (!isAlive(pid)) return acquire(12);
      throw error;
    });
  } catch (error) {
    const pid = await readFile(holder, 'utf8').catch(() => 'unknown');
    throw new Failure(
      `another command (process ${pid}) works on the cluster '${cluster}'.`,
      'Wait for it, or end it, then type the same command again.',
      { cause: error },
    );
  }
  try {
    await writeFile(holder, String(process.pid));
    return await work();
  } finally {
    await rm(holder, { force: true });
    await release();
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
