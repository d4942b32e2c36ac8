import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { digestOf, Meter } from './digest.ts';

/** Where an image stands in a store. */
export interface StoredImage {
  store: ImageStore;
  /** The repository: `docker.io/library/debian`. */
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
 * A folder of images and artifacts, laid out as the registry `distribution` keeps them, which serves the folder
 * read-only. Whoever may write the folder may write the registry, and nobody else: there is no password, and no port
 * that takes a push. A file appears complete or not at all.
 *
 * @see https://github.com/distribution/distribution/blob/v3.1.2/registry/storage/paths.go
 */
export class ImageStore {
  readonly #root: string;

  /** `folder` is what the registry calls its root directory. */
  constructor(folder: string) {
    this.#root = join(folder, 'docker', 'registry', 'v2');
  }

  /** The size of a blob in bytes; `undefined` where there is none of this digest. */
  blobSize(digest: string): number | undefined {
    return statSync(this.#blob(digest), { throwIfNoEntry: false })?.size;
  }

  /** The file of a blob, to be read only. */
  blobFile(digest: string): string {
    return this.#blob(digest);
  }

  /** The bytes of a blob. */
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
   * The file that a download of this blob writes to and goes on with after an interruption; `commitBlob` ends it. One
   * process at a time may write it.
   */
  partialBlob(digest: string): Promise<string> {
    return this.#partial(hexOf(digest));
  }

  /**
   * Takes what `partialBlob` named into the store.
   * @throws Error with both digests where the content has another one; the partial file is gone then.
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

  /** Lets a repository serve a blob that the store holds. */
  async linkBlob(repository: string, digest: string): Promise<void> {
    await this.#link(join(this.#repository(repository), '_layers', 'sha256', hexOf(digest), 'link'), digest);
  }

  /** Removes a blob that is damaged. */
  async removeBlob(digest: string): Promise<void> {
    await rm(dirname(this.#blob(digest)), { recursive: true, force: true });
  }

  /** Puts a manifest or an index into a repository, under a tag where one is given, and returns its digest. */
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

  /** The manifest under a tag or digest; `undefined` where the repository has none. */
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

  /** Beside the blobs, so that a rename is enough. */
  async #partial(name: string): Promise<string> {
    const folder = join(this.#root, 'partial');
    await mkdir(folder, { recursive: true });
    return join(folder, name);
  }

  async #commit(partial: string, digest: string): Promise<void> {
    const path = this.#blob(digest);
    await mkdir(dirname(path), { recursive: true });
    // A power loss must not leave a blob with a name and without content.
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

/** The size of a partial file, from where a download goes on; 0 where there is none. */
export async function sizeOfPartial(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
