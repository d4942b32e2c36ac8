import {
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
 * is gone is removed. Where the disk is full or the process is killed while writing, nothing has changed.
 */
export function writeDifference(
  folder: string,
  files: ReadonlyMap<string, string>,
  { changed, removed }: Difference,
): void {
  if (changed.length === 0 && removed.length === 0) return;
  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder);
  const staging = mkdtempSync(join(folder, '.render-'));
  try {
    for (const [i, path] of changed.entries()) writeFileSync(join(staging, String(i)), files.get(path) ?? '');
    for (const [i, path] of changed.entries()) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      renameSync(join(staging, String(i)), join(folder, path));
    }
    for (const path of removed) {
      rmSync(join(folder, path), { force: true });
      removeIfEmpty(dirname(join(folder, path)));
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
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
