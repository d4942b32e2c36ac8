import { createWriteStream } from 'node:fs';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { Meter } from './digest.ts';

/** Description of a layer in a manifest and a configuration. */
export interface Layer {
  /** Digest of the compressed archive. */
  digest: string;
  /** Size of the compressed archive in bytes. */
  size: number;
  /** Digest of the uncompressed archive. */
  diffId: string;
}

/** Zstandard: five times as fast as gzip in both directions at the same size; containerd, Docker 23 and Podman read it. */
export const layerType = 'application/vnd.oci.image.layer.v1.tar+zstd';

/** A compressor whose output depends only on its input. */
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
