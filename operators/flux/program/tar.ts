import type { ManifestFile } from '../../../charts/order/artifact.ts';

const block = 512;

/** The regular files of a tar archive, as Go's archive/tar writes it: POSIX ustar, and pax for long names. */
export function filesOfTar(archive: Buffer): ManifestFile[] {
  const files: ManifestFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + block <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + block);
    const size = Number.parseInt(textAt(header, 124, 12) || '0', 8);
    if (Number.isNaN(size)) throw new Error('this is no tar archive');
    const content = archive.subarray(at + block, at + block + size);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === 'x') longName = /\d+ path=(.*)\n/.exec(content.toString())?.[1];
    else if (type !== 'g') {
      const [prefix, name] = [textAt(header, 345, 155), textAt(header, 0, 100)];
      const path = longName ?? (prefix === '' ? name : `${prefix}/${name}`);
      if (type === '0') files.push([path.replace(/^\.\//, ''), content.toString()]);
      longName = undefined;
    }
    at += block + Math.ceil(size / block) * block;
  }
  return files;
}

/** A tar archive of files, byte for byte the same for the same files. */
export function tarOfFiles(files: readonly ManifestFile[]): Buffer {
  const entries = files.flatMap(([path, text]) => {
    const isLong = Buffer.byteLength(path) > 100;
    const named = entry(isLong ? 'long' : path, '0', Buffer.from(text));
    return isLong ? [entry('pax', 'x', Buffer.from(paxRecord(path))), named] : [named];
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * block)]);
}

/** A record of an extended header with the name of the next file (POSIX pax). Its length counts its own digits. */
function paxRecord(path: string): string {
  const rest = ` path=${path}\n`;
  const digits = (length: number): number => String(length).length;
  const length = Buffer.byteLength(rest);
  const all = length + digits(length + digits(length));
  return `${all}${rest}`;
}

function entry(name: string, type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  for (const owner of [108, 116]) header.write('0000000\0', owner);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(`${'0'.repeat(11)}\0`, 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\0' + '00', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((block - (content.length % block)) % block)]);
}

function textAt(header: Buffer, offset: number, length: number): string {
  return header
    .subarray(offset, offset + length)
    .toString()
    .replace(/\0.*$/s, '')
    .trim();
}
