import { digestOf, layerType, packFiles, type StoredImage, type TarEntry } from '../../images/oci/index.ts';

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
};

/** For tests: puts an image with these layers, each a list of files by path, into a store. Returns its digest. */
export async function packImage(
  { store, path, tag }: StoredImage,
  layers: readonly (readonly TarEntry[])[],
): Promise<string> {
  const packed = [];
  for (const entries of layers) packed.push(await packFiles(store, path, [...entries], undefined));
  const diffs = packed.map(({ diffId }) => diffId);
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: diffs } }),
  );
  await store.putBlob(path, config);
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: packed.map(({ digest, size }) => ({ mediaType: layerType, digest, size })),
  };
  return store.putManifest(path, JSON.stringify(manifest), tag);
}

/** A file of an image, which everybody may read. */
export function fileOf(path: string, content: string | Buffer, mode = 0o644): TarEntry {
  return { path, mode, kind: 'file', content };
}
