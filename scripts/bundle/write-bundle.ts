import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isAlive, withFileLock } from '../../images/cache/index.ts';
import type { Report } from '../../images/index.ts';
import { type TarEntry, tar } from '../../images/oci/index.ts';
import { Failure } from '../cli/failure.ts';
import { fullDisk } from '../files/disk-failure.ts';
import { type BundleIndex, indexPath } from './index-file.ts';

const block = 512;

/** Age at which the lock of an ended process is taken. */
const staleMs = 10_000;

/** What goes into a bundle: its index, and the file of this machine for each entry of it. */
export interface BundleContent {
  index: BundleIndex;
  /** By path in the bundle. */
  sources: ReadonlyMap<string, string>;
}

/**
 * Writes a bundle to `file`, by way of `FILE.partial`. A partial file of an earlier run with the same index is gone on with
 * after its last entry whose bytes have the checksum of the index: after a power loss a file can have its size and not its content.
 * One with another index is replaced.
 */
export async function writeBundle(
  file: string,
  { index, sources }: BundleContent,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<void> {
  const partial = `${file}.partial`;
  const entries = entriesOf(index, sources);
  const done = await wholeEntries(partial, index, entries);
  if (done.entries > 0) report(`going on after ${done.entries - 1} of ${index.files.length} files`);
  if (existsSync(partial)) await truncate(partial, done.bytes);
  const rest = Readable.from(counted(tar(entries.slice(done.entries)), done.bytes, entries, report));
  await pipeline(
    rest,
    createWriteStream(partial, { flags: 'a' }),
    signal === undefined ? {} : { signal },
  ).catch((error: unknown) => {
    throw fullDisk(error, dirname(file)) ?? error;
  });
  // A power loss must not leave a file with its name and without its end.
  const handle = await open(partial, 'r+');
  await handle.sync();
  await handle.close();
  await rename(partial, file);
}

function entriesOf(index: BundleIndex, sources: ReadonlyMap<string, string>): TarEntry[] {
  const content = `${JSON.stringify(index, null, 2)}\n`;
  return [
    { path: indexPath, mode: 0o644, kind: 'file', content },
    ...index.files.map(({ path, executable }): TarEntry => {
      const source = sources.get(path);
      if (source === undefined) throw new Error(`${path} is in the index of the bundle and has no file`);
      return { path, mode: executable ? 0o755 : 0o644, kind: 'file', source };
    }),
  ];
}

/** How many entries a partial file holds as a whole; none where its index is another one. */
async function wholeEntries(
  partial: string,
  { files }: BundleIndex,
  entries: readonly TarEntry[],
): Promise<{ entries: number; bytes: number }> {
  const size = (await stat(partial).catch(() => undefined))?.size ?? 0;
  const [first] = entries;
  if (first === undefined || size === 0 || !(await startsWith(partial, tar([first], { end: false })))) {
    await rm(partial, { force: true });
    return { entries: 0, bytes: 0 };
  }
  let count = 1;
  let bytes = block + paddedSize(await sizeOf(first));
  for (const [i, { size: length, sha256 }] of files.entries()) {
    const entry = entries[i + 1];
    const end = bytes + block + paddedSize(length);
    if (entry === undefined || end > size || !(await hasEntry(partial, bytes, entry, { length, sha256 })))
      break;
    count++;
    bytes = end;
  }
  return { entries: count, bytes };
}

function paddedSize(size: number): number {
  return Math.ceil(size / block) * block;
}

/** Whether an archive has an entry at a place, with the checksum. */
async function hasEntry(
  archive: string,
  at: number,
  entry: TarEntry,
  { length, sha256 }: { length: number; sha256: string },
): Promise<boolean> {
  const header = await bytesAt(archive, at, block);
  for await (const expected of tar([entry], { end: false })) {
    if (!header.equals(expected)) return false;
    break;
  }
  const hash = createHash('sha256');
  if (length > 0) {
    const content = createReadStream(archive, { start: at + block, end: at + block + length - 1 });
    await pipeline(content, hash);
  }
  if (hash.digest('hex') !== sha256) return false;
  const padding = await bytesAt(archive, at + block + length, paddedSize(length) - length);
  return padding.every((byte) => byte === 0);
}

async function bytesAt(file: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Runs work while no other command of this machine writes the bundle. @throws Failure if one does. */
export function withBundleLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  return withFileLock(
    file,
    {
      staleMs,
      whileHeld: async (pid) => {
        if (!isAlive(Number(pid))) return undefined;
        throw new Failure(
          `another command (process ${pid}) writes ${file}.`,
          'Wait for it or stop it, or name another file. Then type the same command again.',
        );
      },
      onLost: (error) => {
        console.error(
          `error: the lock on ${file} was lost: ${error.message}\n  Type the same command again.`,
        );
        process.exit(1);
      },
    },
    work,
  );
}

async function sizeOf(entry: TarEntry): Promise<number> {
  if (entry.kind !== 'file') return 0;
  if ('content' in entry) return Buffer.byteLength(entry.content);
  return 'source' in entry ? (await stat(entry.source)).size : entry.size;
}

async function startsWith(file: string, expected: AsyncIterable<Buffer>): Promise<boolean> {
  const handle = await open(file);
  try {
    for await (const chunk of expected) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(chunk.length), 0, chunk.length);
      if (bytesRead !== chunk.length || !buffer.equals(chunk)) return false;
    }
    return true;
  } finally {
    await handle.close();
  }
}

/** Says, at most once a second, how much is written. */
async function* counted(
  archive: AsyncIterable<Buffer>,
  already: number,
  entries: readonly TarEntry[],
  report: Report,
): AsyncGenerator<Buffer> {
  let all = 0;
  for (const entry of entries) all += await sizeOf(entry);
  let written = already;
  let said = 0;
  for await (const chunk of archive) {
    written += chunk.length;
    if (Date.now() - said > 1_000) {
      said = Date.now();
      report(`${Math.round(written / 2 ** 20)} of ${Math.round(all / 2 ** 20)} MiB`);
    }
    yield chunk;
  }
}
