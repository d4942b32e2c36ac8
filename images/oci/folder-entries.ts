import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TarEntry } from './tar.ts';

/** The files of a folder as entries of an archive, sorted by path; a file keeps its executable bit. */
export function folderEntries(folder: string): (TarEntry & { content: Buffer })[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const mode = (statSync(path).mode & 0o111) === 0 ? 0o644 : 0o755;
      return { path: relative(folder, path), mode, kind: 'file' as const, content: readFileSync(path) };
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}
