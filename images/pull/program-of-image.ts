import { createWriteStream } from 'node:fs';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import type { ImageManifest } from '../oci/media-types.ts';

type Layer = ImageManifest['layers'][number];

/**
 * Copies an executable from the layers of an image to `target`, atomically and with mode 755.
 * @param path Path of the executable in the image: `/usr/local/bin/etcd`. Links are not followed.
 * @param openBlob Opens the content of a layer by its digest.
 * @returns Whether the image has a file at `path`.
 */
export async function copyOutOfImage(
  { layers }: Pick<ImageManifest, 'layers'>,
  path: string,
  target: string,
  openBlob: (digest: string) => Readable,
): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.${process.pid}`;
  try {
    // The last layer with the path overrides earlier ones.
    for (const layer of [...layers].reverse()) {
      if (!(await copyOutOfLayer(layer, path.replace(/^\//, ''), partial, openBlob))) continue;
      await chmod(partial, 0o755);
      await rename(partial, target);
      return true;
    }
    return false;
  } finally {
    await rm(partial, { force: true });
  }
}

async function copyOutOfLayer(
  { digest, mediaType = '' }: Layer,
  path: string,
  target: string,
  openBlob: (digest: string) => Readable,
): Promise<boolean> {
  const entries = extract();
  const found = (async () => {
    let copied = false;
    for await (const entry of entries) {
      if (entry.header.type === 'file' && entry.header.name.replace(/^\.?\//, '') === path) {
        await pipeline(entry, createWriteStream(target));
        copied = true;
      } else entry.resume();
    }
    return copied;
  })();
  const blob = openBlob(digest);
  const unpacked = mediaType.endsWith('zstd')
    ? pipeline(blob, createZstdDecompress(), entries)
    : /[.+]gzip$/.test(mediaType)
      ? pipeline(blob, createGunzip(), entries)
      : pipeline(blob, entries);
  const [copied] = await Promise.all([found, unpacked]);
  return copied;
}

/** Entry types and offsets of an executable of 64 bits, little-endian: man 5 elf. */
const elf = { entries: 0x20, entrySize: 0x36, entryCount: 0x38, interpreter: 3 } as const;

/**
 * The dynamic loader of an executable, such as `/lib/ld-musl-x86_64.so.1`: a program of an Alpine image does not run on a machine
 * without that file. Undefined if the executable is static or not a Linux program.
 */
export async function interpreterOf(executable: string): Promise<string | undefined> {
  const file = await open(executable);
  try {
    const { buffer: head, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    if (bytesRead < 0x40 || head.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
    const first = Number(head.readBigUInt64LE(elf.entries));
    const size = head.readUInt16LE(elf.entrySize);
    for (let index = 0; index < head.readUInt16LE(elf.entryCount); index++) {
      const at = first + index * size;
      if (at + 0x28 > bytesRead) return undefined;
      if (head.readUInt32LE(at) !== elf.interpreter) continue;
      const from = Number(head.readBigUInt64LE(at + 0x08));
      const length = Number(head.readBigUInt64LE(at + 0x20));
      const name = await file.read(Buffer.alloc(length), 0, length, from);
      return name.buffer.toString('latin1').replace(/\0.*$/s, '');
    }
    return undefined;
  } finally {
    await file.close();
  }
}
