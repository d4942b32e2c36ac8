import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';

/** One entry of an archive. `path` has no leading slash. `owner` is the user and group id. Default: 0, root. */
export type TarEntry = {
  path: string;
  mode: number;
  owner?: number;
} & (
  | { kind: 'directory' }
  | { kind: 'link'; target: string }
  | { kind: 'file'; content: string | Buffer }
  | { kind: 'file'; source: string }
  /** `size`: number of bytes from `open`. */
  | { kind: 'file'; size: number; open: () => AsyncIterable<Buffer> }
);

/** Time of every entry, so that the same content gives the same archive: 2026-01-01T00:00:00Z, in seconds since 1970. */
export const archiveTime = 1_767_225_600;

/** Writes entries as a tar archive in the given order; the same entries give the same bytes. */
export async function* tar(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  const archive = pack();
  const written = write(entries, archive);
  written.catch((error) => archive.destroy(error));
  yield* archive as AsyncIterable<Buffer>;
  await written;
}

async function write(entries: readonly TarEntry[], archive: Pack): Promise<void> {
  for (const entry of entries) {
    const { path: name, mode, owner = 0 } = entry;
    const header = { name, mode, uid: owner, gid: owner, mtime: new Date(archiveTime * 1000) };
    if (entry.kind === 'directory') archive.entry({ ...header, name: `${name}/`, type: 'directory' });
    else if (entry.kind === 'link') archive.entry({ ...header, type: 'symlink', linkname: entry.target });
    else if ('content' in entry) archive.entry(header, entry.content);
    else {
      const { size, open } = 'open' in entry ? entry : fileOnDisk(entry.source);
      await pipeline(exactly(size, name, open()), archive.entry({ ...header, size }));
    }
  }
  archive.finalize();
}

/** Passes on the content of a file; throws if its size is not that of its header. */
async function* exactly(size: number, name: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const chunk of content) {
    sent += chunk.length;
    yield chunk;
  }
  if (sent !== size) throw new Error(`${name} changed while it was read: start again`);
}

function fileOnDisk(path: string): { size: number; open: () => AsyncIterable<Buffer> } {
  return { size: statSync(path).size, open: () => createReadStream(path, { highWaterMark: 1 << 20 }) };
}

/** The entries with all their parent directories, sorted by path. Added directories have mode 0755. */
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
