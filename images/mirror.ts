import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { fullReference } from '../model/image-reference.ts';
import { type Lock, type LockImage, loadLock } from '../model/lock.ts';
import { withCacheLock } from './cache-lock.ts';
import type { Engine } from './engine.ts';
import { ensureEngineImage, unknownImage } from './engine-images.ts';
import { ensureBinary } from './go-build.ts';
import { type ImageNote, readImageNote, writeImageNote } from './image-note.ts';
import { Meter } from './oci/digest.ts';
import { buildImage } from './oci/image.ts';
import { imageKey } from './oci/image-key.ts';
import type { StoredImage } from './oci/image-store.ts';
import { buildOwnImage } from './own-image.ts';
import { containerPlatform } from './platform.ts';
import { parseReference, withoutDigest } from './reference.ts';
import { storedImage } from './registry.ts';
import type { Report } from './report.ts';
import { supplyMode } from './supply-mode.ts';

/** What supplying needs: where to tell of progress, and what ends it. */
export interface SupplyOptions {
  report: Report;
  signal?: AbortSignal | undefined;
}

const indexSchema = z.object({ manifests: z.tuple([z.object({ digest: z.string() })]) });

const manifestSchema = z.object({
  config: z.object({ digest: z.string(), size: z.number() }).optional(),
  layers: z.array(z.object({ digest: z.string(), size: z.number() })).default([]),
});

/**
 * Has an image of the lock file in the mirror registry: copied from upstream where that answers, else built.
 * Returns whether there was something to do.
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
 * Has something in the mirror registry by the note that the cache holds of it, or by `make`. What the note says is
 * compared with what the registry has: the manifest's digest, and that each of its blobs is there in full.
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

/**
 * Has an image in the engine's own store, by what a Dockerfile's FROM says: `node:24.21.0-bookworm-slim` and
 * `docker.io/library/node:24.21.0-bookworm-slim` are one.
 */
export async function ensureImageRef(
  ref: string,
  options: SupplyOptions & { engine: Engine },
): Promise<void> {
  const lock = loadLock();
  const full = fullReference(withoutDigest(ref));
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

/** What is wrong with a manifest of the store or with what it names; quick, it reads no blob. */
function faultOfMirrored({ store, path, tag }: StoredImage, digest: string): string | undefined {
  const manifest = store.manifest(path, tag);
  if (manifest === undefined) return 'the mirror registry lacks it';
  if (manifest.digest !== digest) return 'the mirror registry has another one';
  for (const blob of blobsOf(manifest.text)) {
    if (store.blobSize(blob.digest) !== blob.size) return `the mirror registry lacks ${blob.digest}`;
  }
  return undefined;
}

/**
 * Reads every blob of an image in the mirror registry and compares its checksum. Damaged ones are taken out, so that
 * `ensureImage` makes them again. Returns what was wrong.
 */
export async function verifyMirrored(ref: string): Promise<string[]> {
  const { store, path, tag } = storedImage(ref);
  const manifest = store.manifest(path, tag);
  if (manifest === undefined) return [`${ref} is missing`];
  const faults: string[] = [];
  for (const { digest } of blobsOf(manifest.text)) {
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

function blobsOf(manifest: string): { digest: string; size: number }[] {
  const { config, layers } = manifestSchema.parse(JSON.parse(manifest));
  return config === undefined ? layers : [config, ...layers];
}

async function make(
  lock: Lock,
  image: LockImage,
  target: StoredImage,
  options: SupplyOptions & { engine: Engine },
): Promise<Pick<ImageNote, 'digest' | 'size' | 'source'>> {
  const { report, signal } = options;
  if ((await supplyMode()) === 'pull') {
    if (parseReference(image.ref).host === ownHost) {
      return { source: 'built', ...(await buildOwnImage(lock, image, target, options)) };
    }
    try {
      report(`copying ${image.ref}`);
      return { source: 'pulled', ...(await copy(image, target, options)) };
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
  return { source: 'built', ...(await buildImage(lock, image, target, options)) };
}

/** The host of references to images that only this repository makes. No such host exists anywhere. */
export const ownHost = 'registry.plinth.internal';

async function copy(
  image: LockImage,
  { store, path, tag }: StoredImage,
  { report, signal }: SupplyOptions,
): Promise<{ digest: string; size: number }> {
  const crane = await ensureBinary('crane', report, { signal });
  const source =
    image.digest === undefined ? image.ref : `${image.ref.replace(/:[^:/]+$/, '')}@${image.digest}`;
  const layout = await mkdtemp(join(tmpdir(), 'plinth-pull-'));
  try {
    await execa(crane, ['pull', '--format=oci', '--platform', containerPlatform(), source, layout], {
      stdin: 'ignore',
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    const blob = (digest: string): string => join(layout, 'blobs', digest.replace(':', '/'));
    const index = indexSchema.parse(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')));
    const text = await readFile(blob(index.manifests[0].digest), 'utf8');
    const blobs = blobsOf(text);
    for (const { digest } of blobs) await store.putBlob(path, createReadStream(blob(digest)), signal);
    const size = blobs.reduce((sum, one) => sum + one.size, text.length);
    return { digest: await store.putManifest(path, text, tag), size };
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}
