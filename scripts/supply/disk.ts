import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';
import { sizeOf } from '../../images/go/index.ts';
import { mebibytes } from './mebibytes.ts';

/** Prints the bytes that each folder of the cache takes on the disk, and their sum; returns the exit code. */
export function printDisk({ json }: { json?: true }): number {
  const names = existsSync(cacheDir()) ? readdirSync(cacheDir()).sort() : [];
  const folders = names.map((name) => ({ name, size: sizeOf(join(cacheDir(), name)) }));
  const all = [...folders, { name: 'all', size: folders.reduce((sum, { size }) => sum + size, 0) }];
  const text =
    json === true
      ? JSON.stringify(all, null, 2)
      : all.map(({ name, size }) => `${mebibytes(size)}  ${name}`).join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
}
