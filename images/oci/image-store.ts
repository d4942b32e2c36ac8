import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { digestOf, Meter } from './digest.ts';

/** Place of an image in a store. */
export interface StoredImage {
  store: ImageStore;
  /** Repository, such as `docker.io/library/debian`. */
  path: string;
  tag: string;
}

/** A manifest and how it is stored. */
export interface StoredManifest {
  type: string;
  text: string;
  digest: string;
}

const digestPattern = /^sha256:([0-9a-f]{64})$/;
const mediaTypeSchema = z.object({
  mediaType: z.string().optional(),
  manifests: z.array(z.unknown()).optional(),
});

/**
 * A folder of images and artifacts in the layout of the registry `distribution`, which serves it read-only. Only users who can write
 * the folder can change the registry: there is no password, and no port for pushes. Files appear complete or not at all.
 *
 * @see https://github.com/distribution/distribution/blob/v3.1.2/registry/storage/paths.go
 */
export class ImageStore {
  readonly #root: string;

  /** `folder`: root directory of the registry. */
  constructor(folder: string) {
    this.#root = join(folder, 'docker', 'registry', 'v2');
  }

  /** Size of a blob in bytes; undefined if the store lacks it. */
  blobSize(digest: string): number | undefined {
    return statSync(this.#blob(digest), { throwIfNoEntry: false })?.size;
  }

  /** Path of a blob's file. Do not write it. */
  blobFile(digest: string): string {
    return this.#blob(digest);
  }

  /** A blob as text, such as a manifest; `undefined` where there is none of this digest. */
  readBlob(digest: string): string | undefined {
    return readIfThere(this.#blob(digest));
  }

  /** Reads a blob. */
  openBlob(digest: string): Readable {
    return createReadStream(this.#blob(digest), { highWaterMark: 1 << 20 });
  }

  /** Puts a blob into a repository and returns its digest and size. */
  async putBlob(
    repository: string,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    signal?: AbortSignal,
  ): Promise<{ digest: string; size: number }> {
    const partial = await this.#partial(randomUUID());
    const meter = new Meter();
    try {
      const source = content instanceof Uint8Array ? Readable.from([content]) : Readable.from(content);
      await pipeline(source, meter, createWriteStream(partial), signal === undefined ? {} : { signal });
      const digest = meter.digest();
      await this.#commit(partial, digest);
      await this.linkBlob(repository, digest);
      return { digest, size: meter.size };
    } finally {
      await rm(partial, { force: true });
    }
  }

  /**
   * Path of a blob's partial file, which a download continues after an interruption, until `commitBlob`. Only one process at a time
   * may write it.
   */
  partialBlob(digest: string): Promise<string> {
    return this.#partial(hexOf(digest));
  }

  /**
   * Moves the partial file of a blob into the store.
   * @throws Error with both digests if the content has another one; the partial file is removed then.
   */
  async commitBlob(repository: string, digest: string): Promise<void> {
    const partial = await this.partialBlob(digest);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(partial, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== digest) {
      await rm(partial, { force: true });
      throw new Error(`expected ${digest} and received ${found}`);
    }
    await this.#commit(partial, digest);
    await this.linkBlob(repository, digest);
  }

  /** Adds a blob of the store to a repository. */
  async linkBlob(repository: string, digest: string): Promise<void> {
    await this.#link(join(this.#repository(repository), '_layers', 'sha256', hexOf(digest), 'link'), digest);
  }

  /** Removes a blob that is damaged. */
  async removeBlob(digest: string): Promise<void> {
    await rm(dirname(this.#blob(digest)), { recursive: true, force: true });
  }

  /** Puts a manifest or an index into a repository, under a tag if given, and returns its digest. */
  async putManifest(repository: string, text: string, tag?: string): Promise<string> {
    const bytes = Buffer.from(text);
    const digest = digestOf(bytes);
    if (this.blobSize(digest) !== bytes.length) {
      const partial = await this.#partial(randomUUID());
      await writeFile(partial, bytes);
      await this.#commit(partial, digest);
    }
    const manifests = join(this.#repository(repository), '_manifests');
    await this.#link(join(manifests, 'revisions', 'sha256', hexOf(digest), 'link'), digest);
    if (tag !== undefined) {
      const folder = join(manifests, 'tags', tag);
      await this.#link(join(folder, 'index', 'sha256', hexOf(digest), 'link'), digest);
      await this.#link(join(folder, 'current', 'link'), digest);
    }
    return digest;
  }

  /** The manifest under a tag or digest; undefined if the repository lacks it. */
  manifest(repository: string, reference: string): StoredManifest | undefined {
    const manifests = join(this.#repository(repository), '_manifests');
    const link = digestPattern.test(reference)
      ? join(manifests, 'revisions', 'sha256', hexOf(reference), 'link')
      : join(manifests, 'tags', reference, 'current', 'link');
    const digest = readIfThere(link);
    const text = digest === undefined ? undefined : readIfThere(this.#blob(digest));
    if (digest === undefined || text === undefined) return undefined;
    const { mediaType, manifests: children } = mediaTypeSchema.parse(JSON.parse(text));
    const kind = children === undefined ? 'manifest' : 'index';
    return { type: mediaType ?? `application/vnd.oci.image.${kind}.v1+json`, text, digest };
  }

  #blob(digest: string): string {
    const hex = hexOf(digest);
    return join(this.#root, 'blobs', 'sha256', hex.slice(0, 2), hex, 'data');
  }

  #repository(path: string): string {
    if (!/^[a-z0-9._/-]+$/.test(path) || path.split('/').some((part) => /^[._]/.test(part) || part === '')) {
      throw new Error(`'${path}' is no name of a repository`);
    }
    return join(this.#root, 'repositories', path);
  }

  /** Folder for new files, in the same file system as the blobs, so that a rename is atomic. */
  async #partial(name: string): Promise<string> {
    const folder = join(this.#root, 'partial');
    await mkdir(folder, { recursive: true });
    return join(folder, name);
  }

  async #commit(partial: string, digest: string): Promise<void> {
    const path = this.#blob(digest);
    await mkdir(dirname(path), { recursive: true });
    // After a power loss, no blob may have a name without content.
    const file = await open(partial, 'r+');
    await file.sync();
    await file.close();
    await rename(partial, path);
  }

  async #link(path: string, digest: string): Promise<void> {
    if (readIfThere(path) === digest) return;
    await mkdir(dirname(path), { recursive: true });
    const partial = await this.#partial(randomUUID());
    await writeFile(partial, digest);
    await rename(partial, path);
  }
}

function hexOf(digest: string): string {
  const hex = digestPattern.exec(digest)?.[1];
  if (hex === undefined) throw new Error(`'${digest}' is no digest: it is sha256: and 64 hexadecimal digits`);
  return hex;
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Size of a partial file, at which a download continues; 0 if there is none. */
export async function sizeOfPartial(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
