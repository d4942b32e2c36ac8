import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { manifestIn } from '../../images/mirror/index.ts';
import { archiveTime, layerType, packFiles, type StoredImage } from '../../images/oci/index.ts';
import type { Composition, ImageSettings } from './composition.ts';

const layerTypes: Readonly<Record<string, string>> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** The fields of a base image's configuration that are changed. */
const configSchema = z.looseObject({
  config: z
    .looseObject({
      Env: z.array(z.string()).nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    })
    .default({}),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z.array(z.unknown()).optional(),
});

/**
 * Creates an image from a base image of the mirror and one layer, in the store and without an engine. The
 * same files over the same base give the same image. Returns the digest of its manifest.
 */
export async function compose(
  { files, settings }: Composition,
  base: StoredImage,
  { store, path, tag }: StoredImage,
  signal?: AbortSignal,
): Promise<string> {
  const manifest = manifestIn(base);
  if (manifest === undefined) throw new Error(`the mirror lacks ${base.path}:${base.tag}`);
  const text = readFileSync(base.store.blobFile(manifest.config.digest), 'utf8');
  const config = configSchema.parse(JSON.parse(text));
  const layer = await packFiles(store, path, files, signal);
  const made = Buffer.from(JSON.stringify(withSettings(config, settings, layer.diffId)));
  const stored = await store.putBlob(path, made, signal);
  for (const { digest } of manifest.layers) await store.linkBlob(path, digest);
  const layers = [
    ...manifest.layers.map(({ mediaType = layerType, ...one }) => ({
      ...one,
      mediaType: layerTypes[mediaType] ?? mediaType,
    })),
    { mediaType: layerType, digest: layer.digest, size: layer.size },
  ];
  return store.putManifest(
    path,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...stored },
      layers,
    }),
    tag,
  );
}

function withSettings(
  base: z.output<typeof configSchema>,
  { Env, ExposedPorts, ...settings }: ImageSettings,
  diffId: string,
): object {
  const named = new Set(Env.map((variable) => variable.split('=')[0]));
  const kept = (base.config.Env ?? []).filter((variable) => !named.has(variable.split('=')[0]));
  const ports = ExposedPorts.map((port) => [port, {}] as const);
  const created = new Date(archiveTime * 1000).toISOString();
  const { Cmd: _, ...withoutCommand } = base.config;
  return {
    ...base,
    created,
    config: {
      // The arguments of the base image belong to another program than the new Entrypoint.
      ...(settings.Entrypoint === undefined ? base.config : withoutCommand),
      ...settings,
      Env: [...kept, ...new Map(Env.map((variable) => [variable.split('=')[0], variable])).values()],
      ExposedPorts: { ...base.config.ExposedPorts, ...Object.fromEntries(ports) },
    },
    rootfs: { ...base.rootfs, diff_ids: [...base.rootfs.diff_ids, diffId] },
    ...(base.history === undefined
      ? {}
      : { history: [...base.history, { created, created_by: 'COPY of the Dockerfile' }] }),
  };
}
