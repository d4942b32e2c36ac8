import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Lock, LockImage } from '../../model/lock.ts';
import type { Report } from '../report.ts';
import { ensureRootLayers, openRoot } from '../roots.ts';
import { imageFiles } from './image-files.ts';
import { type Layer, layerCompressor, layerType, Meter } from './layer.ts';
import { digestOf, headBlob, putBlob, putManifest, type Repository } from './registry-client.ts';
import { imageRoot } from './suite.ts';
import { archiveTime, type TarEntry, tar } from './tar.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';

/** What a pushed image weighs in the registry, and its manifest's digest. */
export interface Pushed {
  digest: string;
  size: number;
}

/** Makes an image by its description in the lock file and pushes it; the same description gives the same digest. */
export async function pushImage(
  lock: Lock,
  image: LockImage,
  repository: Repository,
  tag: string,
  options: { report: Report; signal?: AbortSignal | undefined },
): Promise<Pushed> {
  const { report, signal } = options;
  const { build } = image;
  if (build === undefined) throw new Error(`${image.ref} says nothing of how it is built`);
  const layers: Layer[] = [];
  const root = imageRoot(lock, build);
  if (root !== undefined) {
    for (const layer of await ensureRootLayers(root, report, { signal })) {
      if ((await headBlob(repository, layer.digest)) !== layer.size) {
        await putBlob(repository, openRoot(layer), () => layer.digest, signal);
      }
      layers.push(layer);
    }
  }
  const files = await imageFiles(build, report, { signal });
  if (files.length > 0) layers.push(await pushFiles(repository, files, signal));
  const config = Buffer.from(JSON.stringify(imageConfig(build, layers)));
  await putBlob(repository, config, () => digestOf(config), signal);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, digest: digestOf(config), size: config.length },
    layers: layers.map(({ digest, size }) => ({ mediaType: layerType, digest, size })),
  });
  const digest = await putManifest(repository, tag, manifestType, manifest);
  return { digest, size: layers.reduce((sum, { size }) => sum + size, config.length + manifest.length) };
}

/** Packs and sends files in one pass; the digest is known at the end. */
async function pushFiles(
  repository: Repository,
  files: TarEntry[],
  signal: AbortSignal | undefined,
): Promise<Layer> {
  const plain = new Meter();
  const compressed = new Meter();
  const out = new PassThrough({ highWaterMark: 1 << 20 });
  let digest = '';
  const packed = pipeline(tar(files), plain, layerCompressor(), compressed, out).then(() => {
    digest = compressed.digest();
  });
  // Handled below; a failure to send ends the packing too, and the other way round.
  packed.catch((error) => out.destroy(error));
  await putBlob(
    repository,
    (async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of out) yield chunk as Buffer;
      await packed;
    })(),
    () => digest,
    signal,
  );
  return { digest, size: compressed.size, diffId: plain.digest() };
}

/** The OCI configuration of an image. PATH is set, as upstream's images do. */
export function imageConfig(build: NonNullable<LockImage['build']>, layers: Pick<Layer, 'diffId'>[]): object {
  return {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
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

/** The environment of an image, `NAME=value` each. */
export function imageEnvironment(build: NonNullable<LockImage['build']>): string[] {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return Object.entries({ PATH: path, ...build.env }).map(([name, value]) => `${name}=${value}`);
}
