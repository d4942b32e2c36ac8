import { type CheckResult, fail, ok, warn } from './check-result.ts';

/** Facts that decide how much disk space is needed. */
export interface DiskInput {
  /** Folder of the cache. */
  folder: string;
  freeBytes: number;
  /** Whether images are pulled or built. */
  supply: 'pull' | 'build';
  /** Images of the lock file that the mirror does not have yet. */
  missingImages: number;
}

const gigabyte = 1e9;

/** Required space in GB: Go's caches during a build, or layers during a pull. */
const needs = { build: 16, pull: 6, nothing: 2 } as const;

/** Whether the engine's disk has space for the nodes' images and volumes, if the free space is known. */
export function engineDisk(
  root: string,
  freeBytes: number | undefined,
  machine: string | undefined,
): CheckResult {
  if (freeBytes === undefined) {
    return ok(
      `${machine ?? 'the engine'} does not report the free space at ${root}; ${needs.pull} GB are needed`,
    );
  }
  const found = `${(freeBytes / gigabyte).toFixed(1)} GB free at ${root}; ${needs.pull} GB are needed`;
  if (freeBytes >= needs.pull * gigabyte) return ok(found);
  return warn(found, 'docker system df   (then: docker system prune)');
}

/** Whether the cache's disk has enough space. */
export function disk({ folder, freeBytes, supply, missingImages }: DiskInput): CheckResult {
  const need = needs[missingImages > 0 ? supply : 'nothing'];
  const free = freeBytes / gigabyte;
  const why =
    missingImages > 0
      ? `${missingImages} images are missing and must be ${supply === 'pull' ? 'pulled' : 'built'}`
      : 'all images are present';
  const found = `${free.toFixed(1)} GB free at ${folder}; ${need} GB are needed (${why})`;
  const mend = 'Free some space, or move the cache: export PLINTH_CACHE=/folder/with/space';
  if (free < need) return fail(found, mend);
  if (free < need * 1.5) return warn(found, mend);
  return ok(found);
}
