import { ensureRootLayers, openRoot } from '../debian/root-filesystem.ts';
import { imageRoot } from '../debian/suite.ts';
import { containerArchitecture } from '../engine/platform.ts';
import type { Lock, LockImage } from '../lock/schema.ts';
import { digestOf } from '../oci/digest.ts';
import type { StoredImage } from '../oci/image-store.ts';
import { type Layer, layerType } from '../oci/layer.ts';
import { packFiles } from '../oci/pack-files.ts';
import { archiveTime } from '../oci/tar.ts';
import type { Report } from '../report.ts';
import { imageFiles } from './image-files.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';

/** The size of an image in the store in bytes, and its manifest's digest. */
export interface Built {
  digest: string;
  size: number;
}

/** Builds an image from its description in the lock file; the same description gives the same digest. */
export async function buildImage(
  lock: Lock,
  image: LockImage,
  { store, path, tag }: StoredImage,
  options: { report: Report; signal?: AbortSignal | undefined },
): Promise<Built> {
  const { report, signal } = options;
  const { build } = image;
  if (build === undefined) throw new Error(`${image.ref} says nothing of how it is built`);
  const layers: Layer[] = [];
  const root = imageRoot(lock, build);
  if (root !== undefined) {
    for (const layer of await ensureRootLayers(root, report, { signal })) {
      if (store.blobSize(layer.digest) === layer.size) await store.linkBlob(path, layer.digest);
      else await store.putBlob(path, openRoot(layer), signal);
      layers.push(layer);
    }
  }
  const files = await imageFiles(build, report, { signal });
  if (files.length > 0) layers.push(await packFiles(store, path, files, signal));
  const config = Buffer.from(JSON.stringify(imageConfig(build, layers)));
  await store.putBlob(path, config, signal);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, digest: digestOf(config), size: config.length },
    layers: layers.map(({ digest, size }) => ({ mediaType: layerType, digest, size })),
  });
  const digest = await store.putManifest(path, manifest, tag);
  return { digest, size: layers.reduce((sum, { size }) => sum + size, config.length + manifest.length) };
}

/** The OCI configuration of an image. PATH is set, as upstream's images do. */
export function imageConfig(build: NonNullable<LockImage['build']>, layers: Pick<Layer, 'diffId'>[]): object {
  return {
    architecture: containerArchitecture(),
    os: 'linux',
    created: new Date(archiveTime * 1000).toISOString(),
    config: {
      Env: imageEnvironment(build),
      ...(build.entrypoint === undefined ? {} : { Entrypoint: build.entrypoint }),
      ...(build.cmd === undefined ? {} : { Cmd: build.cmd }),
      ...(build.user === undefined ? {} : { User: build.user }),
      ...(build.workdir === undefined ? {} : { WorkingDir: build.workdir }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
}

/** Environment variables of an image, each as `NAME=value`. */
export function imageEnvironment(build: NonNullable<LockImage['build']>): string[] {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return Object.entries({ PATH: path, ...build.env }).map(([name, value]) => `${name}=${value}`);
}
