import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { faultOf } from './cache/binary-cache.ts';
import { withCacheLock } from './cache/cache-lock.ts';
import { cacheDir } from './cache/paths.ts';
import { type ContainerPlatform, containerPlatformSchema } from './engine/info.ts';
import { ownPlatform, type Platform } from './engine/platform.ts';
import { download } from './fetch/download.ts';
import { type PublishedFile, publishedFile } from './fetch/published-file.ts';
import { ensureBinary } from './go/build.ts';
import { recipeOf } from './go/recipe.ts';
import { loadLock } from './lock/read.ts';
import type { Lock } from './lock/schema.ts';
import { storedImage } from './mirror/folder.ts';
import { ownHost, parseReference } from './oci/reference.ts';
import { copyOutOfImage, interpreterOf } from './pull/program-of-image.ts';
import { pullImage } from './pull/pull.ts';
import type { Report } from './report.ts';
import { supplyMode } from './supply/mode.ts';

interface ProgramOptions {
  /** The mirror of cluster.yaml, for the decision between pulling and building. Default: none. */
  registryMirror?: string | undefined;
  signal?: AbortSignal | undefined;
  lock?: Lock;
}

/**
 * Returns the absolute path of a program that runs on this machine, such as kind or kubectl. If images are pulled, a missing program is
 * downloaded for this machine's system, or taken out of its image in the lock file; otherwise it is built. For a present one no request is sent.
 */
export async function ensureProgram(
  name: string,
  report: Report,
  options: ProgramOptions = {},
): Promise<string> {
  const { signal, lock = loadLock() } = options;
  const platform = ownPlatform();
  const published = publishedFile(lock, name, platform);
  const path = published?.sha256 === undefined ? undefined : pathOf(published, published.sha256);
  if (path !== undefined && existsSync(path)) return path;
  const build = (): Promise<string> => ensureBinary(name, report, { signal, lock, platform });
  const image = imageOf(lock, name, platform);
  if (path === undefined && image === undefined) return build();
  const built = (await faultOf(recipeOf(lock, name, platform))) === undefined;
  if (built || (await supplyMode(report, options.registryMirror)) === 'build') return build();
  if (published === undefined || path === undefined)
    return (image && (await fromImage(name, image, report, options))) ?? build();
  const present = async (): Promise<string | undefined> => (existsSync(path) ? path : undefined);
  return withCacheLock(`program-${name}`, { report, signal, done: present }, async () => {
    await download(published, path, { report, signal });
    return path;
  });
}

/** An image that has a program, and where in it. */
interface ProgramImage {
  ref: string;
  digest: string | undefined;
  path: string;
  platform: ContainerPlatform;
}

/** The published image of the lock file that has this executable; undefined if there is none for this machine's system. */
function imageOf({ images }: Lock, name: string, own: Platform): ProgramImage | undefined {
  const platform = containerPlatformSchema.safeParse(own).data;
  if (platform === undefined) return undefined;
  for (const { ref, digest, build } of Object.values(images)) {
    const found = Object.entries(build?.binaries ?? {}).find(([, executable]) => executable === name);
    if (found === undefined || parseReference(ref).host === ownHost) continue;
    return { ref, digest, path: found[0].replace('{arch}', platform.replace('linux/', '')), platform };
  }
  return undefined;
}

/** The program out of its image; undefined if the image has none, or one that this machine cannot load. */
async function fromImage(
  name: string,
  { ref, digest, path: inImage, platform }: ProgramImage,
  report: Report,
  { registryMirror, signal }: ProgramOptions,
): Promise<string | undefined> {
  const target = storedImage(ref);
  const key = (digest ?? target.tag).replace('sha256:', '').slice(0, 12);
  const path = join(cacheDir(), 'programs', name, `${target.tag}-${key}`, name);
  const present = async (): Promise<string | undefined> => (existsSync(path) ? path : undefined);
  const found = await present();
  if (found !== undefined) return found;
  return withCacheLock<string | undefined>(`program-${name}`, { report, signal, done: present }, async () => {
    report(`${name}: pulling ${ref}`);
    const { manifest } = await pullImage(ref, target, { digest, platform, registryMirror, report, signal });
    const copied = await copyOutOfImage(manifest, inImage, path, (blob) => target.store.openBlob(blob));
    const loader = copied ? await interpreterOf(path) : undefined;
    if (copied && (loader === undefined || existsSync(loader))) return path;
    report(
      `${name}: ${copied ? `that of ${ref} needs ${loader}, which is not here` : `${ref} has no ${inImage}`}`,
    );
    await rm(path, { force: true });
    return undefined;
  });
}

/** By the checksum of the file: another one is another program. */
function pathOf({ executable, version }: PublishedFile, sha256: string): string {
  return join(cacheDir(), 'programs', executable, `${version}-${sha256.slice(0, 12)}`, executable);
}
