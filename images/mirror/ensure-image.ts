import { buildImage } from '../build/build-image.ts';
import { imageKey } from '../build/image-key.ts';
import { buildOwnImage } from '../build/own-image.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { type ImageNote, readImageNote, writeImageNote } from '../cache/image-note.ts';
import type { Engine } from '../engine/engine.ts';
import { containerPlatform } from '../engine/platform.ts';
import { ensureEngineImage, unknownImage } from '../engine-store/ensure-image.ts';
import { loadLock } from '../lock/read.ts';
import type { Lock, LockImage } from '../lock/schema.ts';
import { Meter } from '../oci/digest.ts';
import type { StoredImage } from '../oci/image-store.ts';
import {
  type ImageManifest,
  imageManifestSchema,
  indexSchema,
  manifestOfPlatform,
} from '../oci/media-types.ts';
import { ownHost, parseReference, withoutDigest } from '../oci/reference.ts';
import { pullImage } from '../pull/pull.ts';
import type { Report } from '../report.ts';
import { supplyMode } from '../supply/mode.ts';
import { storedImage } from './folder.ts';

/** Options of supplying: progress, and cancellation. */
export interface SupplyOptions {
  report: Report;
  signal?: AbortSignal | undefined;
}

/**
 * Supplies an image of the lock file to the mirror: pulled from upstream, or built.
 * Returns whether it was missing.
 */
export async function ensureImage(
  name: string,
  options: SupplyOptions & { engine: Engine },
): Promise<boolean> {
  const lock = loadLock();
  const image = lock.images[name];
  if (image === undefined) throw new Error(unknownImage(lock, name));
  const key = imageKey(lock, image);
  return ensureMirrored(name, image.ref, key, options, (target) => make(lock, image, target, options));
}

/**
 * Supplies an image or artifact to the mirror by `make`, unless the cache's note has the same key and the mirror has the noted
 * manifest with all its blobs in full size. Returns whether it was missing.
 */
export async function ensureMirrored(
  name: string,
  ref: string,
  key: string,
  { report, signal }: SupplyOptions,
  make: (target: StoredImage) => Promise<Pick<ImageNote, 'digest' | 'size' | 'source'>>,
): Promise<boolean> {
  const target = storedImage(ref);
  let told = '';
  const present = async (): Promise<false | undefined> => {
    const note = readImageNote(name);
    if (note?.key !== key) return undefined;
    const fault = faultOfMirrored(target, note.digest);
    if (fault === undefined) return false;
    if (fault !== told) report(`${ref}: ${fault}; making it again`);
    told = fault;
    return undefined;
  };
  const found = await present();
  if (found !== undefined) return found;
  return withCacheLock(`image-${name}`, { report, signal, done: present }, async () => {
    const started = performance.now();
    const made = await make(target);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    await writeImageNote(name, { key, ref, seconds, ...made });
    return true;
  });
}

/** Supplies an image of the lock file to the engine's own store, by its full reference, with or without its digest. */
export async function ensureImageRef(
  ref: string,
  options: SupplyOptions & { engine: Engine },
): Promise<void> {
  await ensureEngineImage(nameOfRef(ref), options);
}

/** Supplies an image of the lock file to the mirror, by its full reference. Returns its place in the mirror. */
export async function ensureMirroredRef(
  ref: string,
  options: SupplyOptions & { engine: Engine },
): Promise<StoredImage> {
  const name = nameOfRef(ref);
  await ensureImage(name, options);
  return storedImage(loadLock().images[name]?.ref ?? ref);
}

function nameOfRef(ref: string): string {
  const lock = loadLock();
  const tagged = withoutDigest(ref);
  const found = Object.entries(lock.images).find(([, image]) => image.ref === tagged);
  if (found === undefined) {
    throw new Error(
      `${ref} is no image of images/lock.yaml, which names every image that is used, with its version. ` +
        `Add it under images:, or use one of ${Object.values(lock.images)
          .map((image) => image.ref)
          .join(', ')}`,
    );
  }
  return found[0];
}

/** The fault of a manifest or its blobs in the store; undefined if there is none. Compares sizes, reads no blob. */
function faultOfMirrored({ store, path, tag }: StoredImage, digest: string): string | undefined {
  const manifest = store.manifest(path, tag);
  if (manifest === undefined) return 'the mirror lacks it';
  if (manifest.digest !== digest) return 'the mirror has another one';
  const blobs = blobsOf({ store, path, tag });
  if (blobs === undefined) return `the mirror lacks the image for ${containerPlatform()}`;
  for (const blob of blobs) {
    if (store.blobSize(blob.digest) !== blob.size) return `the mirror lacks ${blob.digest}`;
  }
  return undefined;
}

/**
 * Verifies the checksum of every blob of an image in the mirror. Removes damaged ones, so that `ensureImage` makes them again.
 * Returns the faults.
 */
export async function verifyMirrored(ref: string): Promise<string[]> {
  const target = storedImage(ref);
  const { store } = target;
  const blobs = blobsOf(target);
  if (blobs === undefined) return [`${ref} is missing`];
  const faults: string[] = [];
  for (const { digest } of blobs) {
    const meter = new Meter();
    let broken = false;
    try {
      for await (const _ of store.openBlob(digest).pipe(meter));
      broken = meter.digest() !== digest;
    } catch {
      broken = true;
    }
    if (!broken) continue;
    faults.push(`${ref}: ${digest} is damaged`);
    await store.removeBlob(digest);
  }
  return faults;
}

/** The manifest of an image: of an index, that for the engine's platform. Undefined if the store lacks it. */
export function manifestIn({ store, path, tag }: StoredImage): ImageManifest | undefined {
  let json: unknown = JSON.parse(store.manifest(path, tag)?.text ?? 'null');
  const index = indexSchema.safeParse(json);
  if (index.success) {
    const child = manifestOfPlatform(index.data, containerPlatform());
    json = JSON.parse((child && store.manifest(path, child.digest)?.text) ?? 'null');
  }
  return imageManifestSchema.safeParse(json).data;
}

/** The configuration and layers of an image; undefined if the store lacks its manifest. */
function blobsOf(image: StoredImage): { digest: string; size: number }[] | undefined {
  const manifest = manifestIn(image);
  return manifest === undefined ? undefined : [manifest.config, ...manifest.layers];
}

async function make(
  lock: Lock,
  image: LockImage,
  target: StoredImage,
  options: SupplyOptions & { engine: Engine },
): Promise<Pick<ImageNote, 'digest' | 'size' | 'source'>> {
  const { engine, report, signal } = options;
  const { registryMirror } = engine;
  if ((await supplyMode(report, registryMirror)) === 'pull') {
    if (parseReference(image.ref).host === ownHost) {
      return { source: 'built', ...(await buildOwnImage(lock, image, target, options)) };
    }
    report(`pulling ${image.ref}`);
    const platform = containerPlatform();
    const { digest } = image;
    return {
      source: 'pulled',
      ...(await pullImage(image.ref, target, { digest, platform, registryMirror, report, signal })),
    };
  }
  if (image.build === undefined) {
    throw new Error(
      `${image.ref} can only be pulled: nothing here says how it is built. To pull: PLINTH_SUPPLY=pull`,
    );
  }
  report(`building ${image.ref}`);
  return { source: 'built', ...(await buildImage(lock, image, target, options)) };
}
