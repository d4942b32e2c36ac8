import { existsSync, lstatSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { withCacheLock } from '../cache/cache-lock.ts';
import { type Report, silent } from '../report.ts';
import { goCaches } from './command.ts';

/**
 * What the cache of compiled packages may always have, and which part of the disk's free space beyond that: components
 * share packages, so that dropping them costs minutes.
 */
const BUILD_CACHE_FLOOR = 8 * 2 ** 30;
const BUILD_CACHE_SHARE = 0.2;

/** Whether something was compiled here since the caches were removed. */
export function hasGoCaches(): boolean {
  return existsSync(goCaches().root);
}

/** Deletes the modules and compiled packages, when nothing is built: finished executables need neither. */
export async function pruneGoCaches(report: Report = silent, signal?: AbortSignal): Promise<void> {
  const { root } = goCaches();
  await withCacheLock('go', { report, signal, done: async () => undefined }, async () => {
    // Builds ask for a module cache that can be written (-modcacherw): plain removal is enough.
    await removeTree(root);
  });
}

/** Drops the cache of compiled packages where it has outgrown its bound. */
export async function boundBuildCache(report: Report): Promise<void> {
  const { build } = goCaches();
  if (!existsSync(build)) return;
  const { bavail, bsize } = statfsSync(build);
  const size = sizeOf(build);
  if (size <= Math.max(BUILD_CACHE_FLOOR, bavail * bsize * BUILD_CACHE_SHARE)) return;
  report(`go's build cache has ${Math.round(size / 2 ** 20)} MiB: dropping it`);
  await removeTree(build);
}

/** By a process of its own: these are a million files, and removing them here would keep this process from renewing its locks. */
async function removeTree(path: string): Promise<void> {
  await execa('rm', ['-rf', '--', path]);
}

/** The bytes that all files below a directory take on its disk; 0 where there is none. What is mounted there is not its own. */
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
