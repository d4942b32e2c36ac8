import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntry } from '../../images/cache/index.ts';
import { recipeOf } from '../../images/go/index.ts';
import { type Lock, lockPath, neededBinaries } from '../../images/lock/index.ts';
import { mirrorFolder } from '../../images/mirror/index.ts';
import { parseReference } from '../../images/oci/index.ts';
import { placeOf } from '../../images/pull/index.ts';
import { imageHosts } from '../../images/supply/index.ts';
import { goMinimum } from './go.ts';

/** Items of the lock file that are not on this machine yet. */
export interface Pending {
  /** Components whose executables are not in the cache. */
  binaries: number;
  /** Images missing in the mirror, without those that only tests or clouds need. */
  images: number;
}

/** Checks names only; init-cluster verifies the content. */
export function pending(lock: Lock): Pending {
  const needed = neededBinaries(lock);
  const images = Object.values(lock.images).filter(
    ({ build, optional }) =>
      build !== undefined &&
      optional !== true &&
      Object.values(build.binaries).every((program) => needed.includes(recipeOf(lock, program).component)),
  );
  return {
    binaries: needed.filter((name) => readEntry(recipeOf(lock, name)) === undefined).length,
    images: images.filter(({ ref }) => !isMirrored(ref)).length,
  };
}

function isMirrored(ref: string): boolean {
  const { host, path, tag } = parseReference(ref);
  const repositories = join(mirrorFolder(), 'docker/registry/v2/repositories');
  return existsSync(join(repositories, host, path, '_manifests/tags', tag));
}

/** The addresses of the registries of the images that a cluster on this machine can need. */
export function imageRegistries(): string[] {
  return imageHosts().map((host) => `${placeOf({ host, path: '' }, '').url}/v2/`);
}

/** The Go version that images/go/wrappers requires. */
export function goVersion(): string {
  const folder = join(lockPath, '..', 'go');
  const modules = readdirSync(folder)
    .map((name) => join(folder, name, 'go.mod'))
    .filter((file) => existsSync(file));
  return goMinimum(modules.map((file) => readFileSync(file, 'utf8')));
}

/**
 * Address of a small file of a missing module, at the first proxy that go would use; undefined if go uses
 * none.
 */
export function moduleAddress(lock: Lock, goproxy: string): string | undefined {
  const proxy = goproxy.split(/[,|]/).find((entry) => /^https?:/.test(entry));
  const known = Object.values(lock.binaries).find(({ go }) => go.module !== undefined);
  if (proxy === undefined || known?.go.module === undefined) return undefined;
  // The proxy protocol writes A as !a (https://go.dev/ref/mod#goproxy-protocol).
  const path = known.go.module.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  return `${proxy.replace(/\/$/, '')}/${path}/@v/${known.version}.info`;
}
