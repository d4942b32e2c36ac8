import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleInputs } from './bundle-inputs.ts';

/**
 * The tag of an image that is built from a folder: the first 12 hex digits of a SHA-256 over its files, each by path,
 * length and content, in bytewise order of paths.
 *
 * The same on every machine: times, modes, owners, the folder's own place and Git do not count. What does not go into
 * the image does not count either: `node_modules`, `dist`, tests (`test`, `*.test.ts`) and the description, `app.ts`.
 * Where a program is bundled, what it may import from elsewhere counts too.
 */
export function imageHash(folder: string, bundled?: BundleInputs): string {
  const hash = createHash('sha256');
  const add = (prefix: string, place: string) => {
    for (const { path, content } of files(place)) {
      hash.update(`${prefix}${path}\0${content.length}\0`).update(content);
    }
  };
  add('', folder);
  for (const { name, path } of bundled?.folders ?? []) add(`${name}:`, path);
  for (const line of bundled?.packages ?? []) hash.update(`${line}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** Folders that never go into an image. */
const outside = new Set(['node_modules', 'dist', 'test']);

function files(folder: string): { path: string; content: Buffer }[] {
  const found: { path: string; content: Buffer }[] = [];
  const walk = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (path === 'app.ts' || outside.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.test.ts')) continue;
      else if (entry.isFile()) found.push({ path, content: readFileSync(join(folder, path)) });
      else if (entry.isSymbolicLink())
        found.push({ path, content: readlinkSync(join(folder, path), 'buffer') });
    }
  };
  walk('');
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}
