import { type CheckResult, fail, ok, warn } from './check.ts';

/** What decides how much room is needed. */
export interface DiskInput {
  /** The folder that grows. */
  folder: string;
  freeBytes: number;
  /** How images are had. */
  supply: 'pull' | 'build';
  /** Images of the lock file that are not in the mirror yet. */
  missingImages: number;
}

const gigabyte = 1e9;

/** Room that the work takes, in GB: Go's caches while everything is built, or layers while they are pulled. */
const needs = { build: 16, pull: 6, nothing: 2 } as const;

/** Whether the engine has room for the nodes' unpacked images and volumes, where it can be seen how much is left. */
export function engineDisk(
  root: string,
  freeBytes: number | undefined,
  machine: string | undefined,
): CheckResult {
  if (freeBytes === undefined) {
    return ok(
      `${machine ?? 'the engine'} does not say how much is left at ${root}; ${needs.pull} GB are needed`,
    );
  }
  const found = `${(freeBytes / gigabyte).toFixed(1)} GB free at ${root}; ${needs.pull} GB are needed`;
  if (freeBytes >= needs.pull * gigabyte) return ok(found);
  return warn(found, 'docker system df   (then: docker system prune)');
}

/** Whether the cache and the containers have room. */
export function disk({ folder, freeBytes, supply, missingImages }: DiskInput): CheckResult {
  const need = needs[missingImages > 0 ? supply : 'nothing'];
  const free = freeBytes / gigabyte;
  const why =
    missingImages > 0
      ? `${missingImages} images are still to be ${supply === 'pull' ? 'pulled' : 'built'}`
      : 'images are there';
  const found = `${free.toFixed(1)} GB free at ${folder}; ${need} GB are needed (${why})`;
  const mend = 'Make room, or let the cache lie elsewhere: export PLINTH_CACHE=/a/folder/with/room';
  if (free < need) return fail(found, mend);
  if (free < need * 1.5) return warn(found, mend);
  return ok(found);
}
