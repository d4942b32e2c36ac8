import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { ImageStore } from './image-store.ts';
import type { ImageManifest } from './media-types.ts';
import { type TarEntry, tar } from './tar.ts';

type Layer = ImageManifest['layers'][number];

/**
 * An image of the store as an archive for `docker load` and `podman load`, in the form that Docker 20 to 29 and Podman read. Only
 * Docker 25 and later reads OCI's layout. Layers with gzip stay compressed; those with zstd are decompressed, because Docker before
 * 23 does not read it.
 */
export function dockerArchive(ref: string, manifest: ImageManifest, store: ImageStore): Readable {
  return Readable.from(archive(ref, manifest, store), { objectMode: false });
}

async function* archive(
  ref: string,
  { config, layers }: ImageManifest,
  store: ImageStore,
): AsyncGenerator<Buffer> {
  const configuration = `${hexOf(config.digest)}.json`;
  const description = { Config: configuration, RepoTags: [ref], Layers: layers.map(nameOf) };
  // An image can have the same empty layer several times.
  const once = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
  yield* tar([
    { path: 'manifest.json', mode: 0o644, kind: 'file', content: JSON.stringify([description]) },
    { path: configuration, mode: 0o644, kind: 'file', source: store.blobFile(config.digest) },
    ...(await Promise.all(once.map((layer) => entryOf(layer, store)))),
  ]);
}

async function entryOf(layer: Layer, store: ImageStore): Promise<TarEntry> {
  const entry = { path: nameOf(layer), mode: 0o644, kind: 'file' } as const;
  if (!isZstd(layer)) return { ...entry, source: store.blobFile(layer.digest) };
  const open = (): AsyncIterable<Buffer> =>
    // `pipeline` destroys its last stream with the error of the blob, which ends the iteration.
    pipeline(store.openBlob(layer.digest), createZstdDecompress(), () => undefined);
  // A tar header has the size: decompressing twice takes less time than a copy on the disk.
  let size = 0;
  for await (const chunk of open()) size += chunk.length;
  return { ...entry, size, open };
}

function nameOf(layer: Layer): string {
  return `${hexOf(layer.digest)}${isZstd(layer) ? '.tar' : '.tar.gz'}`;
}

function isZstd({ mediaType }: Layer): boolean {
  return mediaType?.endsWith('+zstd') ?? false;
}

function hexOf(digest: string): string {
  return digest.replace('sha256:', '');
}
