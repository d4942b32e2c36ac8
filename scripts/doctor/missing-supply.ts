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
  /** Components whose executables are missing: of commands here, and of the missing images. */
  binaries: number;
  /** Images missing in the mirror. */
  images: number;
}

/**
 * Checks names only; init-cluster verifies the content.
 * @param wanted Names of images. Default: all but those that only tests, clouds or some apps need.
 */
export function pending(lock: Lock, wanted?: readonly string[]): Pending {
  const needed = neededBinaries(lock);
  const componentsOf = ({ build }: Lock['images'][string]) =>
    Object.values(build?.binaries ?? {}).map((program) => recipeOf(lock, program).component);
  const all = Object.values(lock.images).filter(({ build }) => build !== undefined);
  const ofEnvironment = new Set(wanted?.map((name) => lock.images[name]));
  const missing = all.filter(
    (image) =>
      (wanted === undefined
        ? image.optional !== true && componentsOf(image).every((component) => needed.includes(component))
        : ofEnvironment.has(image)) && !isMirrored(image.ref),
  );
  const inImages = new Set(all.flatMap(componentsOf));
  const components = new Set([
    ...needed.filter((component) => !inImages.has(component)),
    ...missing.flatMap(componentsOf),
  ]);
  return {
    binaries: [...components].filter((name) => readEntry(recipeOf(lock, name)) === undefined).length,
    images: missing.length,
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
