import { Readable } from 'node:stream';
import type { ImageStore } from './image-store.ts';
import type { ImageManifest } from './media-types.ts';
import { type TarEntry, tar } from './tar.ts';

/**
 * An image of the store as an archive that `docker load` and `podman load` take, layers compressed as they are: the form that
 * Docker 20 to 29 and Podman all read. An archive in OCI's layout is read by Docker 25 and later only.
 */
export function dockerArchive(ref: string, { config, layers }: ImageManifest, store: ImageStore): Readable {
  const file = (digest: string, ending: string): string => `${digest.replace('sha256:', '')}${ending}`;
  const description = {
    Config: file(config.digest, '.json'),
    RepoTags: [ref],
    Layers: layers.map(({ digest }) => file(digest, '.tar.gz')),
  };
  const blob = (digest: string, ending: string): TarEntry => ({
    path: file(digest, ending),
    mode: 0o644,
    kind: 'file',
    source: store.blobFile(digest),
  });
  // An empty layer may come several times.
  const once = [...new Set(layers.map(({ digest }) => digest))];
  return Readable.from(
    tar([
      { path: 'manifest.json', mode: 0o644, kind: 'file', content: JSON.stringify([description]) },
      blob(config.digest, '.json'),
      ...once.map((digest) => blob(digest, '.tar.gz')),
    ]),
    { objectMode: false },
  );
}
