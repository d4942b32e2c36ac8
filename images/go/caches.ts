import { existsSync, lstatSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { withCacheLock } from '../cache/cache-lock.ts';
import { type Report, silent } from '../report.ts';
import { goCaches } from './command.ts';

/**
 * Size that the cache of compiled packages can always have, and its share of the disk's free space beyond that. Components share
 * packages, so that removing them costs minutes.
 */
const BUILD_CACHE_FLOOR = 8 * 2 ** 30;
const BUILD_CACHE_SHARE = 0.2;

/** Whether a build ran since the caches were removed. */
export function hasGoCaches(): boolean {
  return existsSync(goCaches().root);
}

/** Removes downloaded modules and compiled packages; call it while no build runs. Finished executables need neither. */
export async function pruneGoCaches(report: Report = silent, signal?: AbortSignal): Promise<void> {
  const { root } = goCaches();
  await withCacheLock('go', { report, signal, done: async () => undefined }, async () => {
    // Builds make the module cache writable (-modcacherw), so that it can be removed.
    await removeTree(root);
  });
}

/** Removes the cache of compiled packages if it exceeds its limit. */
export async function boundBuildCache(report: Report): Promise<void> {
  const { build } = goCaches();
  if (!existsSync(build)) return;
  const { bavail, bsize } = statfsSync(build);
  const size = sizeOf(build);
  if (size <= Math.max(BUILD_CACHE_FLOOR, bavail * bsize * BUILD_CACHE_SHARE)) return;
  report(`go's build cache has ${Math.round(size / 2 ** 20)} MiB: dropping it`);
  await removeTree(build);
}

/** Removes a folder in a separate process: a million files would keep this process from renewing its locks. */
async function removeTree(path: string): Promise<void> {
  await execa('rm', ['-rf', '--', path]);
}

/** Bytes on the disk of all files below a folder, without other file systems mounted there; 0 if it does not exist. */
export function sizeOf(dir: string, device = lstatSync(dir, { throwIfNoEntry: false })?.dev): number {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return 0;
  let size = 0;
  for (const file of readdirSync(dir)) {
    const path = join(dir, file);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.dev !== device) continue;
    size += found.isDirectory() ? sizeOf(path, device) : found.blocks * 512;
  }
  return size;
}
