import { mkdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { stateDir } from '../../images/paths.ts';
import { Failure } from '../failure.ts';

/** Runs the work while no other command changes the cluster of that name. A killed run's lock is void after 10 s. */
export async function withClusterLock<T>(cluster: string, work: () => Promise<T>): Promise<T> {
  const folder = join(stateDir(), cluster);
  mkdirSync(folder, { recursive: true });
  const lockfilePath = join(folder, 'lock');
  const holder = join(folder, 'lock-holder');
  const acquire = (retries: number) =>
    lock(folder, {
      lockfilePath,
      stale: 10_000,
      update: 2_000,
      retries: { retries, minTimeout: 1_000, factor: 1 },
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
    await release().catch(() => undefined); // --down may have removed the folder
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
