import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { faultOf } from './cache/binary-cache.ts';
import { withCacheLock } from './cache/cache-lock.ts';
import { cacheDir } from './cache/paths.ts';
import { ownPlatform } from './engine/platform.ts';
import { download } from './fetch/download.ts';
import { type PublishedFile, publishedFile } from './fetch/published-file.ts';
import { ensureBinary } from './go/build.ts';
import { recipeOf } from './go/recipe.ts';
import { loadLock } from './lock/read.ts';
import type { Lock } from './lock/schema.ts';
import type { Report } from './report.ts';
import { supplyMode } from './supply/mode.ts';

/**
 * The absolute path of a program that this machine runs itself: kind, kubectl. It is downloaded for this machine's system where
 * images are pulled, else built; one that is there already is taken without asking anybody.
 */
export async function ensureProgram(
  name: string,
  report: Report,
  options: {
    /** The mirror of registries of cluster.yaml, where the registries are asked whether to pull. Default: none. */
    registryMirror?: string | undefined;
    signal?: AbortSignal | undefined;
    lock?: Lock;
  } = {},
): Promise<string> {
  const { signal, lock = loadLock() } = options;
  const platform = ownPlatform();
  const published = publishedFile(lock, name, platform);
  const path = published?.sha256 === undefined ? undefined : pathOf(published, published.sha256);
  if (published === undefined || path === undefined) {
    return ensureBinary(name, report, { signal, lock, platform });
  }
  if (existsSync(path)) return path;
  const built = (await faultOf(recipeOf(lock, name, platform))) === undefined;
  if (built || (await supplyMode(report, options.registryMirror)) === 'build')
    return ensureBinary(name, report, { signal, lock, platform });
  const present = async (): Promise<string | undefined> => (existsSync(path) ? path : undefined);
  return withCacheLock(`program-${name}`, { report, signal, done: present }, async () => {
    await download(published, path, { report, signal });
    return path;
  });
}

/** By the checksum of the file: another one is another program. */
function pathOf({ executable, version }: PublishedFile, sha256: string): string {
  return join(cacheDir(), 'programs', executable, `${version}-${sha256.slice(0, 12)}`, executable);
}
