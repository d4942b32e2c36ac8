import { open, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { withCacheLock } from '../cache/cache-lock.ts';
import type { ContainerPlatform } from '../engine/info.ts';
import { refuseOtherPlatform } from '../engine/platform.ts';
import { digestOf } from '../oci/digest.ts';
import { type StoredImage, sizeOfPartial } from '../oci/image-store.ts';
import {
  type ImageManifest,
  imageManifestSchema,
  indexSchema,
  manifestOfPlatform,
  manifestTypes,
  platformName,
  platformSchema,
} from '../oci/media-types.ts';
import { parseReference, type Reference } from '../oci/reference.ts';
import type { Report } from '../report.ts';
import { placeOf, type RegistryLocation, registryMirror } from './registry-place.ts';
import { notWhat, PullError, Upstream } from './upstream.ts';
import { patience as defaultPatience, type Patience, Progress } from './watch.ts';

export interface PullOptions {
  /** Of the index, or of the manifest where upstream has one platform only. Default: what the tag says now. */
  digest?: string | undefined;
  platform: ContainerPlatform;
  /** The mirror of cluster.yaml, as `mirrorSetting` writes it. Default: none. */
  registryMirror?: string | undefined;
  report: Report;
  signal?: AbortSignal | undefined;
  patience?: Patience;
}

/** An image as it came. */
export interface Pulled {
  /** Of what stands under the tag: the index, or the manifest. */
  digest: string;
  /** Of the platform's own. */
  manifest: ImageManifest;
  /** In bytes, of what the platform needs. */
  size: number;
}

/** More is refused: the specification lets a registry refuse it too. */
const largestManifest = 4 * 2 ** 20;

/** How many blobs of one image come at once, as with Docker. */
const concurrency = 3;

/**
 * Pulls an image of one platform from its registry into the store, with the index by which it was found. What an earlier
 * try left is gone on with.
 * @throws PullError where it does not come, or where something else comes.
 */
export async function pullImage(ref: string, target: StoredImage, options: PullOptions): Promise<Pulled> {
  return new Pull(ref, target, options).run();
}

/** The digest that a registry has under a tag or digest now; `undefined` where it has none. */
export async function upstreamDigest(
  reference: Reference,
  what: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const { host, path } = reference;
  const ref = `${host}/${path}`;
  const place = placeOf(reference, registryMirror());
  const upstream = new Upstream(place, {
    ref,
    patience: defaultPatience,
    report,
    signal,
    progress: () => 'nothing has come yet',
  });
  try {
    return await upstream.get(
      `manifests/${what}`,
      async () => ({ accept: manifestTypes.join(', ') }),
      async (answer) => {
        const whole = await limited(answer.chunks(), largestManifest, ref);
        if (parseObject(whole) === undefined)
          throw new PullError(notWhat(place.host, ref, 'the manifest', answer.type));
        return digestOf(whole);
      },
    );
  } catch (error) {
    if (error instanceof PullError && error.missing) return undefined;
    throw error;
  }
}

class Pull {
  readonly #ref: string;
  readonly #target: StoredImage;
  readonly #options: PullOptions;
  readonly #place: RegistryLocation;
  readonly #upstream: Upstream;
  readonly #progress = new Progress();
  /** What one blob fails with ends the others. */
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;

  constructor(ref: string, target: StoredImage, options: PullOptions) {
    this.#ref = ref;
    this.#target = target;
    this.#options = options;
    this.#place = placeOf(parseReference(ref), registryMirror(options.registryMirror));
    this.#signal =
      options.signal === undefined
        ? this.#failed.signal
        : AbortSignal.any([options.signal, this.#failed.signal]);
    this.#upstream = new Upstream(this.#place, {
      ref,
      patience: options.patience ?? defaultPatience,
      report: options.report,
      signal: this.#signal,
      progress: () => this.#progress.toString(),
    });
  }

  async run(): Promise<Pulled> {
    const { digest: wanted, report } = this.#options;
    const { tag } = parseReference(this.#ref);
    const top = await this.#manifest(
      wanted ?? tag,
      wanted,
      wanted === undefined ? 'its own header says' : 'images/lock.yaml says',
    );
    const own = await this.#ofPlatform(top);
    const manifest = imageManifestSchema.parse(own.json);
    const blobs = [manifest.config, ...manifest.layers];
    this.#progress.total = blobs.reduce((sum, { size }) => sum + size, 0);
    const stop = this.#progress.tell(report);
    try {
      await this.#blob(manifest.config);
      await this.#checkConfig(manifest);
      await this.#blobs(manifest.layers);
    } finally {
      stop();
    }
    const { store, path, tag: storedTag } = this.#target;
    if (own.digest !== top.digest) await store.putManifest(path, own.text);
    await store.putManifest(path, top.text, storedTag);
    return { digest: top.digest, manifest, size: this.#progress.total + own.text.length };
  }

  /** A manifest by tag or digest; what has another digest than it was asked for by is refused. */
  async #manifest(reference: string, wanted: string | undefined, says: string): Promise<Manifest> {
    const { host } = this.#place;
    const { store, path } = this.#target;
    const stored = wanted === undefined ? undefined : store.manifest(path, wanted);
    // Nothing is asked of what is known and there: a machine without a network goes on with what it has.
    if (stored !== undefined && digestOf(stored.text) === wanted)
      return { text: stored.text, digest: wanted, json: JSON.parse(stored.text) };
    return this.#upstream.get(
      `manifests/${reference}`,
      async () => ({ accept: manifestTypes.join(', ') }),
      async (answer) => {
        const whole = await limited(answer.chunks(), largestManifest, this.#ref);
        const digest = digestOf(whole);
        const json = parseObject(whole);
        // A page is told of as such, though its digest is another one too.
        if (json === undefined) throw new PullError(notWhat(host, this.#ref, 'the manifest', answer.type));
        const named = wanted ?? answer.header('docker-content-digest') ?? digest;
        if (digest !== named) throw new PullError(this.#other('a manifest', says, named, digest));
        return { text: whole, digest, json };
      },
    );
  }

  async #ofPlatform(top: Manifest): Promise<Manifest> {
    const { platform } = this.#options;
    const index = indexSchema.safeParse(top.json);
    if (!index.success) {
      if (imageManifestSchema.safeParse(top.json).success) return top;
      throw new PullError(
        `${this.#place.host} has ${this.#ref} in a form that is not read here: neither an index nor a manifest of OCI or Docker, version 2.`,
      );
    }
    const child = manifestOfPlatform(index.data, platform);
    if (child !== undefined) return this.#manifest(child.digest, child.digest, 'its index says');
    const there = index.data.manifests
      .map((one) => platformName(one.platform))
      .filter((name) => !name.includes('unknown'));
    throw new PullError(
      `${this.#ref} is not published for ${platform}, which the container engine runs; upstream has ${[...new Set(there)].join(', ')}.`,
    );
  }

  /** An image without an index may be of another platform, which only its configuration says. */
  async #checkConfig({ config }: ImageManifest): Promise<void> {
    if (!/\b(image\.config|container\.image)\.v1\+json$/.test(config.mediaType ?? '')) return;
    const found = platformSchema.safeParse(
      parseObject(await text(this.#target.store.openBlob(config.digest))),
    );
    if (found.success) refuseOtherPlatform(this.#ref, platformName(found.data), this.#options.platform);
  }

  async #blobs(all: readonly Blob[]): Promise<void> {
    const queue = [...new Map(all.map((blob) => [blob.digest, blob])).values()];
    const worker = async (): Promise<void> => {
      for (let blob = queue.shift(); blob !== undefined; blob = queue.shift()) await this.#blob(blob);
    };
    await Promise.all(
      Array.from({ length: concurrency }, () => worker().catch((error) => this.#failed.abort(error))),
    );
    this.#signal.throwIfAborted();
  }

  async #blob({ digest, size }: Blob): Promise<void> {
    const { store, path } = this.#target;
    const present = async (): Promise<true | undefined> => {
      if (store.blobSize(digest) !== size) return undefined;
      await store.linkBlob(path, digest);
      this.#progress.skip(size);
      return true;
    };
    if (await present()) return;
    const { report } = this.#options;
    const signal = this.#signal;
    // Images share layers, and one process at a time may write a partial file.
    await withCacheLock(`blob-${digest.slice(7, 23)}`, { report, signal, done: present }, async () => {
      const file = await store.partialBlob(digest);
      const resumed = await this.#download({ digest, size }, file);
      const fault = await this.#commit(digest);
      if (fault === undefined) return true;
      // What was left of an earlier try may be at fault: once more, from the beginning.
      if (!resumed) throw fault;
      this.#progress.skip(-size);
      await this.#download({ digest, size }, file);
      const again = await this.#commit(digest);
      if (again !== undefined) throw again;
      return true;
    });
  }

  async #commit(digest: string): Promise<PullError | undefined> {
    try {
      await this.#target.store.commitBlob(this.#target.path, digest);
      return undefined;
    } catch (error) {
      const found = /received (sha256:[0-9a-f]{64})/.exec(String(error))?.[1];
      if (found === undefined) throw error;
      return new PullError(this.#other('content', 'its manifest says', digest, found));
    }
  }

  /** Until the partial file has the blob's size. Returns whether a part of it was there before. */
  async #download({ digest, size }: Blob, file: string): Promise<boolean> {
    let counted = await sizeOfPartial(file);
    if (counted > size) {
      await rm(file, { force: true });
      counted = 0;
    }
    const resumed = counted > 0;
    this.#progress.skip(counted);
    if (counted === size && size > 0) return resumed;
    await this.#upstream.get(
      `blobs/${digest}`,
      async () => {
        const from = await sizeOfPartial(file);
        return from > 0 && from < size ? { range: `bytes=${from}-` } : {};
      },
      async (answer) => {
        const from = answer.status === 206 ? rangeStart(answer.header('content-range')) : 0;
        if (answer.type === 'text/html')
          throw new PullError(notWhat(this.#place.host, this.#ref, 'content', answer.type));
        this.#progress.skip(from - counted);
        counted = from;
        // Piece by piece: what has come is kept whatever happens to the connection.
        const handle = await open(file, from > 0 ? 'r+' : 'w');
        try {
          for await (const chunk of answer.chunks()) {
            await handle.write(chunk, 0, chunk.length, counted);
            counted += chunk.length;
            this.#progress.add(chunk.length);
            if (counted > size) break; // more than there is: its digest is another one
          }
        } finally {
          await handle.close();
        }
        if (counted < size) throw new Error(`the connection ended after ${counted} of ${size} bytes`);
      },
    );
    return resumed;
  }

  #other(what: string, says: string, wanted: string, found: string): string {
    return (
      `${this.#place.host} sent ${what} of ${this.#ref} with another digest: ${says} ${wanted}, and ${found} came. ` +
      'Nothing of it is kept, and nothing is built instead. If upstream moved the tag, compare: npm run lock -- check. ' +
      'If a proxy or a mirror stands between, see what it keeps.'
    );
  }
}

interface Manifest {
  text: string;
  digest: string;
  json: object;
}

type Blob = Pick<ImageManifest['config'], 'digest' | 'size'>;

function rangeStart(header: string | null): number {
  return Number(/^bytes (\d+)-/.exec(header ?? '')?.[1] ?? 0);
}

async function limited(chunks: AsyncIterable<Uint8Array>, bytes: number, ref: string): Promise<string> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > bytes)
      throw new PullError(`the manifest of ${ref} has more than ${bytes / 2 ** 20} MiB: it is refused.`);
    read.push(chunk);
  }
  return Buffer.concat(read).toString();
}

function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
