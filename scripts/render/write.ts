import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { holdSignals, makeStaging, removeAbandoned } from '../files/staging.ts';
import type { Difference } from './difference.ts';

/** Of folders that hold what is being written. */
const prefix = '.render-';

/**
 * Makes `folder` hold the render: everything that changed is first written beside it, then moved into place, then what
 * is gone is removed. Where the disk is full, a folder cannot be written or the process is killed while writing, nothing
 * has changed. Ctrl-C waits until all is in place: it takes milliseconds. What a killed render left is removed first.
 */
export function writeDifference(
  folder: string,
  files: ReadonlyMap<string, string>,
  { changed, removed }: Difference,
): void {
  if (changed.length === 0 && removed.length === 0) {
    if (existsSync(folder)) removeAbandoned(folder, prefix);
    return;
  }
  makeFolder(folder);
  removeAbandoned(folder, prefix);
  const signals = holdSignals();
  let staging: string | undefined;
  try {
    staging = makeStaging(folder, prefix);
    const drafts = staging;
    for (const [i, path] of changed.entries()) writeFileSync(join(drafts, String(i)), files.get(path) ?? '');
    const folders = new Set([...changed, ...removed].map((path) => dirname(join(folder, path))));
    for (const below of folders) {
      makeFolder(below);
      accessSync(below, constants.W_OK);
    }
    for (const [i, path] of changed.entries()) renameSync(join(drafts, String(i)), join(folder, path));
    for (const path of removed) {
      rmSync(join(folder, path), { force: true });
      removeIfEmpty(dirname(join(folder, path)));
    }
  } finally {
    if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
    signals.release();
  }
}

/** With those above it. Not by Node's own recursion: where none can be made, as below /proc, it tries for ever. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeFolder(dirname(path));
  mkdirSync(path);
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
