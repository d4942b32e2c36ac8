import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { type Lock, type LockImage, loadLock } from '../model/lock.ts';
import { withCacheLock } from './cache-lock.ts';
import type { Engine } from './engine.ts';
import { ensureEngineImage, unknownImage } from './engine-images.ts';
import { ensureBinary } from './go-build.ts';
import { type ImageNote, readImageNote, writeImageNote } from './image-note.ts';
import { pushImage } from './oci/image.ts';
import { imageKey } from './oci/image-key.ts';
import { Meter } from './oci/layer.ts';
import { getBlob, getManifest, headBlob, type Repository } from './oci/registry-client.ts';
import { parseReference } from './reference.ts';
import { mirrorRepository, registryData } from './registry.ts';
import type { Report } from './report.ts';
import { supplyMode } from './supply-mode.ts';

/** What supplying needs: where to tell of progress, and what ends it. The mirror registry must run. */
export interface SupplyOptions {
  report: Report;
  signal?: AbortSignal | undefined;
}

const manifestSchema = z.object({
  config: z.object({ digest: z.string(), size: z.number() }).optional(),
  layers: z.array(z.object({ digest: z.string(), size: z.number() })).default([]),
});

/**
 * Has an image of the lock file in the mirror registry: copied from upstream where that answers, else built.
 * Returns whether there was something to do.
 */
export async function ensureImage(name: string, options: SupplyOptions): Promise<boolean> {
  const lock = loadLock();
  const image = lock.images[name];
  if (image === undefined) throw new Error(unknownImage(lock, name));
  const key = imageKey(lock, image);
  return ensureMirrored(name, image.ref, key, options, (repository) =>
    make(lock, image, repository, options),
  );
}

/**
 * Has something in the mirror registry by the note that the cache holds of it, or by `make`. What the note says is
 * compared with what the registry has: the manifest's digest, and that each of its blobs is there in full.
 */
export async function ensureMirrored(
  name: string,
  ref: string,
  key: string,
  { report, signal }: SupplyOptions,
  make: (repository: Repository & { tag: string }) => Promise<Pick<ImageNote, 'digest' | 'size' | 'source'>>,
): Promise<boolean> {
  const repository = mirrorRepository(ref);
  let told = '';
  const present = async (): Promise<false | undefined> => {
    const note = readImageNote(name);
    if (note?.key !== key) return undefined;
    const fault = await faultOfMirrored(repository, note.digest);
    if (fault === undefined) return false;
    if (fault !== told) report(`${ref}: ${fault}; making it again`);
    told = fault;
    return undefined;
  };
  const found = await present();
  if (found !== undefined) return found;
  return withCacheLock(`image-${name}`, { report, signal, done: present }, async () => {
    const started = performance.now();
    const made = await make(repository);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    await writeImageNote(name, { key, ref, seconds, ...made });
    return true;
  });
}

/**
 * Has an image in the engine's own store, by what a Dockerfile's FROM says: `node:24.21.0-bookworm-slim` and
 * `docker.io/library/node:24.21.0-bookworm-slim` are one.
 */
export async function ensureImageRef(
  ref: string,
  options: SupplyOptions & { engine: Engine },
): Promise<void> {
  const lock = loadLock();
  const full = fullReference(ref);
  const found = Object.entries(lock.images).find(([, image]) => image.ref === full);
  if (found === undefined) {
    throw new Error(
      `${ref} is no image of images/lock.yaml, which names every image that is used, with its version. ` +
        `Add it under images:, or use one of ${Object.values(lock.images)
          .map((image) => image.ref)
          .join(', ')}`,
    );
  }
  await ensureEngineImage(found[0], options);
}

/** What a short reference of Docker's means: `debian:12` is `docker.io/library/debian:12`. */
export function fullReference(ref: string): string {
  const slash = ref.indexOf('/');
  if (slash < 0) return `docker.io/library/${ref}`;
  const host = ref.slice(0, slash);
  return /[.:]/.test(host) || host === 'localhost' ? ref : `docker.io/${ref}`;
}

/** What is wrong with a manifest in the registry or with what it names; quick, it reads no blob. */
async function faultOfMirrored(
  repository: Repository & { tag: string },
  digest: string,
): Promise<string | undefined> {
  const manifest = await getManifest(repository, repository.tag);
  if (manifest === undefined) return 'the mirror registry lacks it';
  if (manifest.digest !== digest) return 'the mirror registry has another one';
  for (const blob of blobsOf(manifest.text)) {
    if ((await headBlob(repository, blob.digest)) !== blob.size)
      return `the mirror registry lacks ${blob.digest}`;
  }
  return undefined;
}

/**
 * Reads every blob of an image in the mirror registry and compares its checksum. Damaged ones are taken out, so that
 * `ensureImage` makes them again. Returns what was wrong.
 */
export async function verifyMirrored(ref: string): Promise<string[]> {
  const repository = mirrorRepository(ref);
  const manifest = await getManifest(repository, repository.tag);
  if (manifest === undefined) return [`${ref} is missing`];
  const faults: string[] = [];
  for (const { digest } of blobsOf(manifest.text)) {
    const blob = await getBlob(repository, digest);
    const meter = new Meter();
    let broken = blob === undefined;
    if (blob !== undefined) {
      try {
        for await (const _ of blob.pipe(meter));
        broken = meter.digest() !== digest;
      } catch {
        broken = true;
      }
    }
    if (!broken) continue;
    faults.push(`${ref}: ${digest} is damaged`);
    const hex = digest.replace(/^sha256:/, '');
    const path = join('docker', 'registry', 'v2', 'blobs', 'sha256', hex.slice(0, 2), hex);
    if (/^[0-9a-f]{64}$/.test(hex)) rmSync(join(registryData(), path), { recursive: true, force: true });
  }
  return faults;
}

function blobsOf(manifest: string): { digest: string; size: number }[] {
  const { config, layers } = manifestSchema.parse(JSON.parse(manifest));
  return config === undefined ? layers : [config, ...layers];
}

async function make(
  lock: Lock,
  image: LockImage,
  repository: Repository & { tag: string },
  options: SupplyOptions,
): Promise<Pick<ImageNote, 'digest' | 'size' | 'source'>> {
  const { report, signal } = options;
  const ours = parseReference(image.ref).host === ownHost;
  if (!ours && (await supplyMode()) === 'pull') {
    try {
      report(`copying ${image.ref}`);
      return { source: 'pulled', ...(await copy(image, repository, options)) };
    } catch (error) {
      signal?.throwIfAborted();
      if (image.build === undefined) throw error;
      report(`${error instanceof Error ? error.message : String(error)}; building it instead`);
    }
  }
  if (image.build === undefined) {
    throw new Error(
      `${image.ref} can only be copied from upstream, and no registry of images answers from here`,
    );
  }
  report(`building ${image.ref}`);
  return { source: 'built', ...(await pushImage(lock, image, repository, repository.tag, options)) };
}

/** The host of references to images that only this repository makes. No such host exists anywhere. */
export const ownHost = 'registry.plinth.internal';

async function copy(
  image: LockImage,
  repository: Repository & { tag: string },
  { report, signal }: SupplyOptions,
): Promise<{ digest: string; size: number }> {
  const crane = await ensureBinary('crane', report, { signal });
  const source =
    image.digest === undefined ? image.ref : `${image.ref.replace(/:[^:/]+$/, '')}@${image.digest}`;
  const platform = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const target = `${new URL(repository.url).host}/${repository.path}:${repository.tag}`;
  await execa(crane, ['copy', '--platform', platform, source, target], {
    stdin: 'ignore',
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const manifest = await getManifest(repository, repository.tag);
  if (manifest === undefined) throw new Error(`crane copied ${image.ref}, and the mirror registry lacks it`);
  const size = blobsOf(manifest.text).reduce((sum, blob) => sum + blob.size, manifest.text.length);
  return { digest: manifest.digest, size };
}
