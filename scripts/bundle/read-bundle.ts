import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { sha256Of } from '../../images/cache/index.ts';
import type { Report } from '../../images/index.ts';
import { type ImageStore, imageManifestSchema, indexSchema } from '../../images/oci/index.ts';
import { Failure } from '../cli/failure.ts';
import { fullDisk } from '../files/disk-failure.ts';
import { type BundleIndex, bundleFolders, bundleIndexSchema, indexPath } from './index-file.ts';

/** Targets of the content of a bundle. */
export interface Destination {
  /** Of the mirror. */
  store: ImageStore;
  /** Folder of the cache. */
  cache: string;
  /** Folder for images of the engine, until the engine has them. */
  engine: string;
}

/** Options of reading a bundle. */
interface ReadOptions {
  /** Refuses a bundle before anything of it is taken. */
  accept: (index: BundleIndex) => void;
  report: Report;
  signal?: AbortSignal | undefined;
}

/**
 * Takes a bundle into the cache and the mirror. Every file is verified by its checksum before it has its name. What is there
 * already with that checksum is passed over, so that an interrupted run goes on.
 * @throws Failure if the file is no bundle, is cut off, or has other content than its index says.
 */
export async function readBundle(file: string, to: Destination, options: ReadOptions): Promise<BundleIndex> {
  const { accept, report, signal } = options;
  if (!existsSync(file)) throw noFile(file);
  const archive = extract();
  const source = createReadStream(file, { highWaterMark: 1 << 20 });
  const piped = pipeline(source, archive, signal === undefined ? {} : { signal });
  // Awaited below; an error is told by the loop before.
  piped.catch(() => undefined);
  let index: BundleIndex | undefined;
  const taken = new Set<string>();
  try {
    for await (const entry of archive) {
      const { name } = entry.header;
      const content = bytesOf(entry);
      if (index === undefined) {
        index = await readIndex(file, name, content);
        accept(index);
        continue;
      }
      await takeEntry(file, index, name, content, to);
      taken.add(name);
      report(`${taken.size} of ${index.files.length}: ${name}`);
    }
    await piped;
  } catch (error) {
    source.destroy();
    signal?.throwIfAborted();
    if (error instanceof Failure) throw error;
    const full = fullDisk(error, to.cache);
    if (full !== undefined) throw full;
    throw new Failure(
      `${file} could not be read to its end: ${error instanceof Error ? error.message : error}`,
      'Copy it again, then type the same command: what was taken stays.',
      { cause: error },
    );
  }
  if (index === undefined) throw noBundle(file);
  const lacking = index.files.find(({ path }) => !taken.has(path));
  if (lacking !== undefined) {
    throw new Failure(
      `${file} is cut off: it lacks ${lacking.path}, which its index names.`,
      'Copy it again, then type the same command: what was taken stays.',
    );
  }
  await linkImages(index, to.store);
  return index;
}

/** The content of an entry. tar-stream's types do not say that it is bytes. */
async function* bytesOf(entry: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of entry) {
    if (!Buffer.isBuffer(chunk)) throw new Error('an entry of an archive gave something else than bytes');
    yield chunk;
  }
}

async function readIndex(file: string, name: string, entry: AsyncIterable<Buffer>): Promise<BundleIndex> {
  if (name !== indexPath) throw noBundle(file);
  const json: unknown = JSON.parse(await text(entry));
  const parsed = bundleIndexSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Failure(
    `${file}: its ${indexPath} is not one that this version reads: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
    'Use the version of this repository that saved the bundle, or save it again with this one.',
  );
}

function noFile(file: string): Failure {
  return new Failure(
    existsSync(`${file}.partial`)
      ? `${file} is not complete: there is only ${file}.partial, which an interrupted save has left.`
      : `there is no file ${file}.`,
    'Make it where there is a network: npm run bundle -- save ENV FILE',
  );
}

function noBundle(file: string): Failure {
  return new Failure(
    `${file} is no bundle: its first entry is not ${indexPath}.`,
    'Make one where there is a network: npm run bundle -- save ENV FILE',
  );
}

async function takeEntry(
  file: string,
  index: BundleIndex,
  name: string,
  entry: AsyncIterable<Buffer>,
  { store, cache, engine }: Destination,
): Promise<void> {
  const known = index.files.find(({ path }) => path === name);
  if (known === undefined || name.split('/').includes('..')) {
    throw new Failure(
      `${file} has '${name}', which its index does not name.`,
      'Do not use it: save it again.',
    );
  }
  const { blobs, cache: cached } = bundleFolders;
  if (name.startsWith(blobs))
    return takeBlob(file, index, `sha256:${known.sha256}`, known.size, entry, store);
  if (!name.includes('/')) {
    // What makes it an OCI layout for other programs; the index of the bundle has the same.
    await drain(entry);
    return;
  }
  const target = name.startsWith(cached)
    ? join(cache, name.slice(cached.length))
    : join(engine, name.slice(bundleFolders.engine.length));
  if (
    existsSync(target) &&
    (await stat(target)).size === known.size &&
    (await sha256Of(target)) === known.sha256
  ) {
    await drain(entry);
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.partial`;
  const hash = createHash('sha256');
  await pipeline(
    entry,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(partial),
  );
  const found = hash.digest('hex');
  if (found !== known.sha256) {
    await rm(partial, { force: true });
    throw damaged(file, name, known.sha256, found);
  }
  await chmod(partial, known.executable ? 0o755 : 0o644);
  await rename(partial, target);
}

async function takeBlob(
  file: string,
  index: BundleIndex,
  digest: string,
  size: number,
  entry: AsyncIterable<Buffer>,
  store: ImageStore,
): Promise<void> {
  const repository = index.images[0]?.repository;
  if (repository === undefined) throw new Failure(`${file} has blobs and no image.`, 'Save it again.');
  if (store.blobSize(digest) === size) {
    await drain(entry);
    return;
  }
  await pipeline(entry, createWriteStream(await store.partialBlob(digest)));
  await store.commitBlob(repository, digest).catch((error: unknown) => {
    throw new Failure(
      `${file} is damaged: ${error instanceof Error ? error.message : error}`,
      'Copy it again, then type the same command: what was taken stays.',
    );
  });
}

function damaged(file: string, name: string, expected: string, found: string): Failure {
  return new Failure(
    `${file} is damaged: ${name} has the checksum ${found}, and its index says ${expected}.`,
    'Copy it again, then type the same command: what was taken stays.',
  );
}

async function drain(entry: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of entry);
}

/** Gives each image its tag and its blobs. */
async function linkImages({ images }: BundleIndex, store: ImageStore): Promise<void> {
  for (const { repository, tag, digest } of images) {
    for (const { text, digest: each } of manifestsBelow(store, digest)) {
      for (const blob of blobsOf(text)) await store.linkBlob(repository, blob);
      await store.putManifest(repository, text, each === digest ? tag : undefined);
    }
  }
}

/** A manifest, or an index with those of its manifests that are there; read as blobs, before any repository has them. */
export function manifestsBelow(store: ImageStore, digest: string): { digest: string; text: string }[] {
  const content = store.readBlob(digest);
  if (content === undefined) return [];
  const index = indexSchema.safeParse(JSON.parse(content));
  const children = index.success
    ? index.data.manifests.flatMap((each) => manifestsBelow(store, each.digest))
    : [];
  return [...children, { digest, text: content }];
}

/** Digests of the configuration and layers that a manifest names; none of an index. */
export function blobsOf(manifest: string): string[] {
  const image = imageManifestSchema.safeParse(JSON.parse(manifest));
  return image.success ? [image.data.config, ...image.data.layers].map(({ digest }) => digest) : [];
}
