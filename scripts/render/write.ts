import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Difference } from './difference.ts';

/**
 * Makes `folder` hold the render: everything that changed is first written beside it, then moved into place, then what
 * is gone is removed. Where the disk is full, a folder cannot be written or the process is killed while writing, nothing
 * has changed.
 */
export function writeDifference(
  folder: string,
  files: ReadonlyMap<string, string>,
  { changed, removed }: Difference,
): void {
  if (changed.length === 0 && removed.length === 0) return;
  makeFolder(folder);
  removeAbandoned(folder);
  const staging = mkdtempSync(join(folder, '.render-'));
  try {
    for (const [i, path] of changed.entries()) writeFileSync(join(staging, String(i)), files.get(path) ?? '');
    const folders = new Set([...changed, ...removed].map((path) => dirname(join(folder, path))));
    for (const below of folders) {
      makeFolder(below);
      accessSync(below, constants.W_OK);
    }
    for (const [i, path] of changed.entries()) renameSync(join(staging, String(i)), join(folder, path));
    for (const path of removed) {
      rmSync(join(folder, path), { force: true });
      removeIfEmpty(dirname(join(folder, path)));
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** With those above it. Not by Node's own recursion: where none can be made, as below /proc, it tries for ever. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** What renders left behind that were killed: nothing takes ten minutes here. */
function removeAbandoned(folder: string): void {
  const before = Date.now() - 10 * 60_000;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith('.render-') && statSync(path).mtimeMs < before)
      rmSync(path, { recursive: true, force: true });
  }
}

/** A component's folder that holds nothing any more, and its environment's. */
function removeIfEmpty(component: string): void {
  for (const path of [component, dirname(component)]) {
    try {
      rmdirSync(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY') return;
      throw error;
    }
  }
}
