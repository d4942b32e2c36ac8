import { createWriteStream } from 'node:fs';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { Meter } from './digest.ts';

/** What a manifest and a configuration say of a layer. */
export interface Layer {
  /** Of the compressed archive. */
  digest: string;
  /** In bytes, compressed. */
  size: number;
  /** Digest of the archive itself. */
  diffId: string;
}

/** Zstandard: five times as quick as gzip at the same size, both ways; containerd, Docker 23 and Podman read it. */
export const layerType = 'application/vnd.oci.image.layer.v1.tar+zstd';

/** A compressor whose output depends on nothing but its input. */
export function layerCompressor(): Transform {
  return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
}

/** Writes an archive into a file as a layer. */
export async function writeLayer(archive: Readable, path: string): Promise<Layer> {
  const plain = new Meter();
  const compressed = new Meter();
  await pipeline(archive, plain, layerCompressor(), compressed, createWriteStream(path));
  return { digest: compressed.digest(), size: compressed.size, diffId: plain.digest() };
}
