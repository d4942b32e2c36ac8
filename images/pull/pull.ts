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
import { parseReference } from '../oci/reference.ts';
import type { Report } from '../report.ts';
import { patience as defaultPatience, type Patience, Progress } from './idle-watch.ts';
import { parseObject, readManifest } from './manifest-text.ts';
import { placeOf, type RegistryLocation, registryMirror } from './registry-place.ts';
import { notWhat, PullError, Upstream } from './upstream.ts';

export interface PullOptions {
  /** Digest of the index, or of the manifest if upstream has a single platform. Default: the current digest of the tag. */
  digest?: string | undefined;
  platform: ContainerPlatform;
  /** The mirror of cluster.yaml, as `mirrorSetting` writes it. Default: none. */
  registryMirror?: string | undefined;
  report: Report;
  signal?: AbortSignal | undefined;
  patience?: Patience;
}

/** A pulled image. */
export interface Pulled {
  /** Digest of the tag: that of the index or of the manifest. */
  digest: string;
  /** The manifest of the platform. */
  manifest: ImageManifest;
  /** Size in bytes of the config, layers and manifest of the platform. */
  size: number;
}

/** Number of concurrent blob downloads per image, as in Docker. */
const concurrency = 3;

/**
 * Pulls an image of one platform from its registry into the store, together with its index. Partial downloads of earlier
 * attempts are continued.
 * @throws PullError if the registry does not serve the image, or serves other content.
 */
export async function pullImage(ref: string, target: StoredImage, options: PullOptions): Promise<Pulled> {
  return new Pull(ref, target, options).run();
}

class Pull {
  readonly #ref: string;
  readonly #target: StoredImage;
  readonly #options: PullOptions;
  readonly #place: RegistryLocation;
  readonly #upstream: Upstream;
  readonly #progress = new Progress();
  /** Aborted with the error of the first failed blob, which stops the others. */
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

  /** A manifest by tag or digest; content with another digest is refused. */
  async #manifest(reference: string, wanted: string | undefined, says: string): Promise<Manifest> {
    const { host } = this.#place;
    const { store, path } = this.#target;
    const stored = wanted === undefined ? undefined : store.manifest(path, wanted);
    // A stored manifest needs no request, so that a machine without a network can continue.
    if (stored !== undefined && digestOf(stored.text) === wanted)
      return { text: stored.text, digest: wanted, json: JSON.parse(stored.text) };
    return this.#upstream.get(
      `manifests/${reference}`,
      async () => ({ accept: manifestTypes.join(', ') }),
      async (answer) => {
        const whole = await readManifest(answer.chunks(), this.#ref);
        const digest = digestOf(whole);
        const json = parseObject(whole);
        // A web page is reported as such, not as a wrong digest.
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
        `${this.#place.host} has ${this.#ref} in an unsupported format: it is neither an index nor a manifest of OCI or Docker version 2.`,
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

  /** Checks the platform in the config, because an image without an index has it only there. */
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
      // The partial file of an earlier attempt may be damaged: download the whole blob once more.
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

  /** Downloads until the partial file has the size of the blob. Returns whether it continued an earlier partial file. */
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
        // Each chunk is written at once, so that a broken connection loses nothing.
        const handle = await open(file, from > 0 ? 'r+' : 'w');
        try {
          for await (const chunk of answer.chunks()) {
            await handle.write(chunk, 0, chunk.length, counted);
            counted += chunk.length;
            this.#progress.add(chunk.length);
            if (counted > size) break; // too long: the digest will differ
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
      `${this.#place.host} sent ${what} of ${this.#ref} with another digest: ${says} ${wanted}, received ${found}. ` +
      'It was discarded, and nothing is built instead. If upstream moved the tag, compare: npm run lock -- check. ' +
      'If there is a proxy or a mirror, check its cache.'
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
