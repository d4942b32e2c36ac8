import { crc32 } from 'node:zlib';

/** Maximum bytes of a block. */
const blockSize = 0xffff;

/**
 * A gzip stream with uncompressed blocks: the same on every machine, whereas the output of a compressor can depend on
 * the processor.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1951#page-11
 */
export function storedGzip(content: Buffer): Buffer {
  const blocks: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])];
  for (let start = 0; start === 0 || start < content.length; start += blockSize) {
    const part = content.subarray(start, start + blockSize);
    const head = Buffer.alloc(5);
    head[0] = start + blockSize < content.length ? 0 : 1;
    head.writeUInt16LE(part.length, 1);
    head.writeUInt16LE(part.length ^ 0xffff, 3);
    blocks.push(head, part);
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(content), 0);
  end.writeUInt32LE(content.length % 2 ** 32, 4);
  return Buffer.concat([...blocks, end]);
}
