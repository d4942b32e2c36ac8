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

/** Name prefix of folders with unfinished files. */
const prefix = '.render-';

/**
 * Writes the render to `folder`: changed files are first written to a draft folder, then moved into place; then removed files are
 * deleted. If the disk is full, a folder is not writable or the process is killed while it writes the draft, nothing has changed.
 * Ctrl-C waits for the moves, which take milliseconds. Drafts of a killed render are removed first.
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

/** Creates a folder with its parents. Node's recursive option is not used: where mkdir is impossible, as below /proc, it never ends. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** Removes a component's folder if it is empty, then its environment's. */
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
