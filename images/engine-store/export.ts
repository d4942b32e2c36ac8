import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { execa } from 'execa';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { cacheDir } from '../cache/paths.ts';
import type { Engine } from '../engine/engine.ts';
import { Meter } from '../oci/digest.ts';
import type { StoredImage } from '../oci/image-store.ts';
import { layerCompressor, layerType } from '../oci/layer.ts';

/** The fields of `docker save`'s manifest.json that Docker 20 to 29 and Podman all write. */
const savedSchema = z.tuple([z.object({ Config: z.string(), Layers: z.array(z.string()) })]);
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });
const compressedSchema = z.object({ digest: z.string(), size: z.number() });

/**
 * Copies an image from the engine's store to the mirror's and returns the digest of its manifest. A layer that images
 * share is compressed once per machine.
 */
export async function exportEngineImage(
  engine: Engine,
  ref: string,
  { store, path, tag }: StoredImage,
  signal?: AbortSignal,
): Promise<string> {
  await mkdir(cacheDir(), { recursive: true });
  const folder = await mkdtemp(join(cacheDir(), 'export-'));
  try {
    const files = await save(engine, ref, folder, signal);
    const fileOf = (name: string): string => {
      const file = files.get(name);
      if (file === undefined) throw new Error(`${engine.name} save ${ref} wrote no ${name}`);
      return file;
    };
    const [saved] = savedSchema.parse(JSON.parse(await readFile(fileOf('manifest.json'), 'utf8')));
    const configText = await readFile(fileOf(saved.Config));
    const { rootfs } = configSchema.parse(JSON.parse(configText.toString()));
    const layers: z.infer<typeof compressedSchema>[] = [];
    for (const [index, name] of saved.Layers.entries()) {
      const diffId = rootfs.diff_ids[index];
      if (diffId === undefined) throw new Error(`${ref} has more layers than its configuration names`);
      const known = await readCompressed(diffId);
      if (known !== undefined && store.blobSize(known.digest) === known.size) {
        await store.linkBlob(path, known.digest);
        layers.push(known);
        continue;
      }
      const layer = await compress(fileOf(name), diffId, { store, path, tag }, signal);
      await writeCompressed(diffId, layer);
      layers.push(layer);
    }
    const config = await store.putBlob(path, configText, signal);
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: layers.map((layer) => ({ mediaType: layerType, ...layer })),
    };
    return await store.putManifest(path, JSON.stringify(manifest), tag);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Unpacks a saved image; files get numbers as names. Returns the path by the original name; a link has the path of its target. */
async function save(
  engine: Engine,
  ref: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const links = new Map<string, string>();
  const child = execa(engine.command, ['save', ref], {
    env: engine.env,
    stdin: 'ignore',
    buffer: { stdout: false },
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const entries = extract();
  const unpacked = (async () => {
    for await (const entry of entries) {
      const { name, type, linkname } = entry.header;
      if (type === 'file') {
        const file = join(folder, String(files.size));
        await pipeline(entry, createWriteStream(file));
        files.set(name, file);
      } else {
        if (linkname) links.set(name, join(dirname(name), linkname));
        entry.resume();
      }
    }
  })();
  await Promise.all([pipeline(child.stdout, entries), unpacked, child]);
  for (const [name, target] of links) {
    const file = files.get(target);
    if (file !== undefined) files.set(name, file);
  }
  return files;
}

/** Docker's classic store saves uncompressed layers; containerd's, which Docker 29 uses, saves them as they were pulled or built. */
async function compress(
  file: string,
  diffId: string,
  { store, path }: StoredImage,
  signal: AbortSignal | undefined,
): Promise<{ digest: string; size: number }> {
  const plain = new Meter();
  const compressor = layerCompressor();
  const source = createReadStream(file, { highWaterMark: 1 << 20 });
  const packed = (await isGzip(file))
    ? pipeline(source, createGunzip(), plain, compressor)
    : pipeline(source, plain, compressor);
  packed.catch((error) => compressor.destroy(error));
  const layer = await store.putBlob(path, compressor, signal);
  await packed;
  const found = plain.digest();
  if (found !== diffId)
    throw new Error(`a layer of the saved image is ${found}, and its configuration says ${diffId}`);
  return layer;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function compressedPath(diffId: string): string {
  return join(cacheDir(), 'layers', `${diffId.replace('sha256:', '')}.json`);
}

async function readCompressed(diffId: string): Promise<z.infer<typeof compressedSchema> | undefined> {
  const text = await readFile(compressedPath(diffId), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : compressedSchema.parse(JSON.parse(text));
}

async function writeCompressed(diffId: string, layer: z.infer<typeof compressedSchema>): Promise<void> {
  const path = compressedPath(diffId);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(layer));
  await rename(`${path}.new`, path);
}
