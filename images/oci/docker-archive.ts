import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { ImageStore } from './image-store.ts';
import type { ImageManifest } from './media-types.ts';
import { type TarEntry, tar } from './tar.ts';

type Layer = ImageManifest['layers'][number];

/**
 * An image of the store as an archive that `docker load` and `podman load` take: the form that Docker 20 to 29 and Podman all
 * read. An archive in OCI's layout is read by Docker 25 and later only. Layers stay compressed by gzip; those compressed by
 * zstd are decompressed, since Docker before 23 does not read them.
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
  // An empty layer may come several times.
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
    // An error of the blob ends the iteration: `pipeline` hands it on.
    pipeline(store.openBlob(layer.digest), createZstdDecompress(), () => undefined);
  // A tar archive has the size before the content: decompressing twice takes less than a copy on the disk.
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
