import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Meter } from './digest.ts';
import type { ImageStore } from './image-store.ts';
import { type Layer, layerCompressor } from './layer.ts';
import { type TarEntry, tar } from './tar.ts';

/** Packs files as a layer in one pass. */
export async function packFiles(
  store: ImageStore,
  path: string,
  files: TarEntry[],
  signal: AbortSignal | undefined,
): Promise<Layer> {
  const plain = new Meter();
  const out = new PassThrough({ highWaterMark: 1 << 20 });
  // A failure of packing also ends writing, and vice versa.
  const packed = pipeline(tar(files), plain, layerCompressor(), out);
  packed.catch((error) => out.destroy(error));
  const layer = await store.putBlob(path, out, signal);
  await packed;
  return { ...layer, diffId: plain.digest() };
}
