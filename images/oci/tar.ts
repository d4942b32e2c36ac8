import { createReadStream, statSync } from 'node:fs';

/** One entry of an archive. `path` has no leading slash. All belong to root unless `owner` says otherwise. */
export type TarEntry = {
  path: string;
  mode: number;
  owner?: number;
} & (
  | { kind: 'directory' }
  | { kind: 'link'; target: string }
  | { kind: 'file'; content: string | Buffer }
  | { kind: 'file'; source: string }
  /** `size`: the number of bytes that `open` gives. */
  | { kind: 'file'; size: number; open: () => AsyncIterable<Buffer> }
);

/** The time of every entry, so that the same content makes the same archive: 2026-01-01T00:00:00Z. */
export const archiveTime = 1_767_225_600;

const block = 512;

/**
 * Writes entries as a tar archive, in the order given, byte for byte the same for the same entries.
 * `end: false` leaves out the closing blocks, so that another archive may follow.
 */
export async function* tar(entries: TarEntry[], options: { end?: boolean } = {}): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    if (entry.kind === 'directory') yield header(entry, '5', 0);
    else if (entry.kind === 'link') yield header(entry, '2', 0, entry.target);
    else if ('content' in entry) {
      const content = Buffer.from(entry.content);
      yield header(entry, '0', content.length);
      yield content;
      yield padding(content.length);
    } else {
      const file = 'open' in entry ? entry : fileOnDisk(entry.source);
      yield header(entry, '0', file.size);
      let sent = 0;
      for await (const chunk of file.open()) {
        sent += chunk.length;
        yield chunk;
      }
      if (sent !== file.size) throw new Error(`${entry.path} changed while it was read: start again`);
      yield padding(file.size);
    }
  }
  if (options.end !== false) yield Buffer.alloc(2 * block);
}

function fileOnDisk(path: string): { size: number; open: () => AsyncIterable<Buffer> } {
  return { size: statSync(path).size, open: () => createReadStream(path, { highWaterMark: 1 << 20 }) };
}

/** The directories above these entries that no entry names, in order, readable by all. */
export function withParents(entries: TarEntry[]): TarEntry[] {
  const known = new Set(entries.map(({ path }) => path));
  const parents = new Map<string, TarEntry>();
  for (const { path } of entries) {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (!known.has(parent)) parents.set(parent, { path: parent, mode: 0o755, kind: 'directory' });
    }
  }
  return [...entries, ...parents.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function header(entry: TarEntry, type: string, size: number, target = ''): Buffer {
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const { prefix, rest } = splitName(name);
  if (Buffer.byteLength(target) > 100)
    throw new Error(`the target of link ${name} is over 100 bytes: ${target}`);
  const bytes = Buffer.alloc(block);
  bytes.write(rest, 0, 100, 'utf8');
  octal(bytes, entry.mode, 100, 8);
  octal(bytes, entry.owner ?? 0, 108, 8);
  octal(bytes, entry.owner ?? 0, 116, 8);
  octal(bytes, size, 124, 12);
  octal(bytes, archiveTime, 136, 12);
  bytes.write('        ', 148);
  bytes.write(type, 156);
  bytes.write(target, 157, 100, 'utf8');
  bytes.write('ustar\0' + '00', 257);
  bytes.write(prefix, 345, 155, 'utf8');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

/** A name of up to 100 bytes is written as it is; a longer one is split at a slash (POSIX ustar). */
function splitName(name: string): { prefix: string; rest: string } {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', rest: name };
  for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) {
    const prefix = name.slice(0, at);
    const rest = name.slice(at + 1);
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100 && rest !== '')
      return { prefix, rest };
  }
  throw new Error(`the path ${name} is too long for an archive (100 bytes, or 155 and 100 around a slash)`);
}

function octal(bytes: Buffer, value: number, offset: number, length: number): void {
  const digits = value.toString(8).padStart(length - 1, '0');
  if (digits.length > length - 1) throw new Error(`${value} does not fit into an archive's header`);
  bytes.write(`${digits}\0`, offset);
}

function padding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}
