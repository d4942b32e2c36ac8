import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { execa } from 'execa';
import { z } from 'zod';
import { sha256Of } from '../cache/binary-cache.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { cacheDir } from '../cache/paths.ts';
import { containerArchitecture, containerPlatform, ownArchitecture } from '../engine/platform.ts';
import { type Layer, writeLayer } from '../oci/layer.ts';
import { archiveTime } from '../oci/tar.ts';
import { difference } from '../oci/tar-difference.ts';
import type { Report } from '../report.ts';
import { installDebianPackages } from './packages.ts';

/** Recipe of a Debian root filesystem. */
export interface RootRecipe {
  /** Debian's name for the release. */
  suite: string;
  /** Packages in addition to the essential ones and apt. */
  packages: string[];
  /** Absolute paths to remove; `*` matches any part of a name. They have no other shell metacharacters. */
  without?: string[] | undefined;
  /** Shell lines that run at the end, outside of the root, with its path as `$1`. They come from this code, never from a user. */
  finish?: string[];
}

/** A Debian root filesystem as a compressed archive in the cache, which is also an image layer. */
export interface Root extends Layer {
  path: string;
}

interface Options {
  signal?: AbortSignal | undefined;
}

const rootSchema = z.object({ digest: z.string(), size: z.number(), diffId: z.string() });

/** Increase this when the same recipe gives another result. */
const generation = 1;

/** Files that Debian's slim images omit. */
const unwanted = ['doc', 'man', 'info', 'locale', 'lintian', 'linda', 'groff'];

/** Builds a Debian root filesystem with mmdebstrap, or returns it from the cache; a damaged one is built again. */
export function ensureRoot(recipe: RootRecipe, report: Report, options: Options = {}): Promise<Root> {
  return ensureArchive(rootKey(recipe), report, options, async (path) => {
    refuseOtherMachine(recipe);
    // Ubuntu's mmdebstrap has only Ubuntu's keys.
    await installDebianPackages(['mmdebstrap', 'debian-archive-keyring'], report);
    const label = recipe.packages.length === 0 ? '' : ` with ${recipe.packages.length} packages`;
    report(`making Debian ${recipe.suite}${label}`);
    return debootstrap(recipe, path, options.signal);
  });
}

/**
 * The same as two layers: the common base, which is fetched, unpacked and stored once, and the difference to it.
 * The whole archive is not stored.
 */
export async function ensureRootLayers(
  recipe: RootRecipe,
  report: Report,
  options: Options = {},
): Promise<Root[]> {
  const below = baseRecipe(recipe.suite);
  const base = await ensureRoot(below, report, options);
  const [key, baseKey] = [rootKey(recipe), rootKey(below)];
  if (key === baseKey) return [base];
  const upper = await ensureArchive(`${key}-over-${baseKey}`, report, options, async (path) => {
    const whole = await ensureRoot(recipe, report, options);
    report(`taking out what other images have of Debian ${recipe.suite} too`);
    const layer = await writeLayer(Readable.from(difference(unpacked(base), unpacked(whole))), path);
    await Promise.all([whole.path, notePath(whole.path)].map((file) => rm(file, { force: true })));
    return layer;
  });
  return [base, upper];
}

/** The common base of most images. */
export function baseRecipe(suite: string): RootRecipe {
  return { suite, packages: ['ca-certificates'] };
}

function unpacked(root: Root): AsyncIterable<Buffer> {
  const plain = createZstdDecompress();
  openRoot(root)
    .on('error', (error) => plain.destroy(error))
    .pipe(plain);
  return plain;
}

async function ensureArchive(
  key: string,
  report: Report,
  { signal }: Options,
  make: (path: string) => Promise<Layer>,
): Promise<Root> {
  const directory = join(cacheDir(), 'roots');
  const path = join(directory, `${key}.tar.zst`);
  const found = (): Promise<Root | undefined> => readRoot(path);
  const present = await found();
  if (present !== undefined) return present;
  return withCacheLock(`root-${key}`, { report, signal, done: found }, async () => {
    await mkdir(directory, { recursive: true });
    const partial = `${path}.partial`;
    const made = await make(partial);
    await rename(partial, path);
    await writeFile(notePath(path), `${JSON.stringify(made)}\n`);
    return { ...made, path };
  });
}

function notePath(path: string): string {
  return path.replace(/\.tar\.zst$/, '.json');
}

/** Sixteen characters that change with every input of the result. */
export function rootKey(recipe: RootRecipe): string {
  const parts = [
    generation,
    containerPlatform(),
    recipe.suite,
    [...recipe.packages].sort(),
    finishOf(recipe),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

async function readRoot(path: string): Promise<Root | undefined> {
  try {
    const root = rootSchema.parse(JSON.parse(readFileSync(notePath(path), 'utf8')));
    return `sha256:${await sha256Of(path)}` === root.digest ? { ...root, path } : undefined;
  } catch {
    return undefined;
  }
}

async function debootstrap(
  recipe: RootRecipe,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Layer> {
  const child = execa('mmdebstrap', debootstrapArguments(recipe), {
    env: { SOURCE_DATE_EPOCH: String(archiveTime), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    stdin: 'ignore',
    buffer: { stdout: false },
    encoding: 'buffer',
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  try {
    const [layer] = await Promise.all([writeLayer(child.stdout, path), child]);
    return layer;
  } catch (error) {
    await rm(path, { force: true });
    signal?.throwIfAborted();
    const said =
      error instanceof Error && 'stderr' in error ? Buffer.from(error.stderr as Uint8Array) : error;
    const lines = String(said).trim().split('\n').slice(-8).join('\n');
    throw new Error(
      `mmdebstrap could not make Debian ${recipe.suite}:\n${lines}\nSee whether apt-get update works.`,
    );
  }
}

/** Refuses another architecture: the maintainer scripts of packages run on this machine. */
function refuseOtherMachine({ suite }: RootRecipe): void {
  if (containerArchitecture() === ownArchitecture()) return;
  throw new Error(
    `Debian ${suite} for ${containerPlatform()}, on which the container engine runs its containers, cannot be put together on ` +
      `${ownArchitecture()}. Pull the images instead: export PLINTH_SUPPLY=pull`,
  );
}

/** The command line of mmdebstrap; the archive goes to its standard output. */
export function debootstrapArguments(recipe: RootRecipe): string[] {
  return [
    `--mode=${process.getuid?.() === 0 ? 'root' : 'unshare'}`,
    '--variant=minbase',
    '--format=tar',
    '--skip=output/dev', // an engine makes its own
    ...(recipe.packages.length === 0 ? [] : [`--include=${[...recipe.packages].sort().join(',')}`]),
    ...unwanted.map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    ...finishOf(recipe).map((line) => `--customize-hook=${line}`),
    // Files that depend on the build machine or the time.
    '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname" "$1/etc/machine-id" "$1/var/cache/ldconfig/aux-cache"',
    '--customize-hook=rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*; ' +
      'find "$1/var/log" "$1/var/cache/debconf" -type f -delete',
    `--customize-hook=printf "%s\\n" "Types: deb" "URIs: http://deb.debian.org/debian" ` +
      `"Suites: ${recipe.suite} ${recipe.suite}-updates" "Components: main" ` +
      '"Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" "" "Types: deb" ' +
      `"URIs: http://deb.debian.org/debian-security" "Suites: ${recipe.suite}-security" "Components: main" ` +
      '"Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" > "$1/etc/apt/sources.list.d/debian.sources"',
    recipe.suite,
    '-',
    ...machineSources(recipe.suite),
  ];
}

function finishOf({ without = [], finish = [] }: RootRecipe): string[] {
  return [...without.map((path) => `rm -rf "$1"${path}`), ...finish];
}

/** The machine's package sources for this release, so that its mirror and proxy are used; else Debian's. */
function machineSources(suite: string): string[] {
  const suites = [suite, `${suite}-updates`, `${suite}-security`];
  const files = ['/etc/apt/sources.list', ...listed('/etc/apt/sources.list.d')].filter((path) => {
    if (!/\.(list|sources)$/.test(path)) return false;
    const lines = text(path).split('\n');
    return lines.some(
      (line) => /^(deb |Suites:)/.test(line) && line.split(/\s+/).some((w) => suites.includes(w)),
    );
  });
  return files.length > 0 ? files : ['http://deb.debian.org/debian'];
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Reads the compressed archive of a root. */
export function openRoot(root: Root): ReadStream {
  return createReadStream(root.path, { highWaterMark: 1 << 20 });
}
