import { createHash } from 'node:crypto';
import type { BundleInputs } from './bundle-inputs.ts';
import type { RepositoryFiles } from './repository-files.ts';
import type { StoredFile } from './stored-file.ts';

/**
 * The tag of an image built from a folder: the first 12 hex digits of a SHA-256 over its files as Git stores
 * them, each by mode, path, length and content, in bytewise order of paths. The possible imports of a bundled
 * program and the build arguments count too.
 * The tag is the same on every machine: ignored files, times, owners, line ends of a checkout and the
 * folder's path do not count.
 */
export function imageHash(
  files: RepositoryFiles,
  folder: string,
  bundled?: BundleInputs,
  buildArgs: Readonly<Record<string, string>> = {},
): string {
  const hash = createHash('sha256');
  const add = (prefix: string, from: readonly StoredFile[]) => {
    for (const { path, mode, content } of from) {
      hash.update(`${mode} ${prefix}${path}\0${content.length}\0`).update(content);
    }
  };
  add('', imageFiles(files, folder, bundled));
  for (const name of bundled?.folders ?? []) add(`${name}:`, imageFiles(files, name, bundled));
  for (const line of bundled?.packages ?? []) hash.update(`${line}\n`);
  for (const [name, value] of Object.entries(buildArgs).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`ARG ${name}\0${value.length}\0${value}`);
  return hash.digest('hex').slice(0, 12);
}

/**
 * The input files of an image; the build has no others except the bundle. Left out: installed packages, tests
 * (`test`, `*.test.ts`), `app.ts`, encrypted `secrets`, and, for a bundled program, its output `dist`.
 */
export function imageFiles(files: RepositoryFiles, folder: string, bundled?: BundleInputs): StoredFile[] {
  const outside = bundled === undefined ? ['node_modules', 'test'] : ['node_modules', 'test', 'dist'];
  return files.below(folder, (path) => {
    const names = path.split('/');
    if (path === 'app.ts' || names[0] === 'secrets' || path.endsWith('.test.ts')) return false;
    return !names.some((name) => outside.includes(name));
  });
}
