import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../images/oci/digest.ts';
import type { ImageStore } from '../../images/oci/image-store.ts';

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** An image that a registry of the tests has. */
export interface Published {
  /** Of the index; of the manifest where there is no index. */
  digest: string;
  /** By platform, what it is made of. */
  layers: Record<string, string[]>;
  manifests: Record<string, string>;
}

/** Puts an image of random layers into a store, under `HOST/PATH` and a tag. */
export async function publish(
  store: ImageStore,
  path: string,
  tag: string,
  options: { platforms?: string[]; layers?: number[]; index?: boolean } = {},
): Promise<Published> {
  const { platforms = ['linux/amd64', 'linux/arm64'], layers = [200_000, 50_000], index = true } = options;
  const published: Published = { digest: '', layers: {}, manifests: {} };
  const children: object[] = [];
  for (const platform of platforms) {
    const [os, architecture] = platform.split('/');
    const blobs = layers.map((size) => gzipSync(randomBytes(size), { level: 1 }));
    const config = Buffer.from(
      JSON.stringify({ os, architecture, rootfs: { type: 'layers', diff_ids: [] }, platform }),
    );
    for (const blob of [config, ...blobs]) await store.putBlob(path, blob);
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptor(types.config, config),
      layers: blobs.map((blob) => descriptor(types.layer, blob)),
    });
    const digest = await store.putManifest(path, manifest, index ? undefined : tag);
    published.layers[platform] = blobs.map((blob) => digestOf(blob));
    published.manifests[platform] = digest;
    published.digest = digest;
    children.push({ ...descriptor(types.manifest, Buffer.from(manifest)), platform: { os, architecture } });
  }
  if (index) {
    const text = JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests: children });
    published.digest = await store.putManifest(path, text, tag);
  }
  return published;
}

function descriptor(mediaType: string, bytes: Buffer): object {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
