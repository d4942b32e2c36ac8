import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { copiedPaths, isCopied } from '../schema/dockerfile-inputs.ts';
import type { BundleInputs } from './bundle-inputs.ts';
import type { RepositoryFiles } from './repository-files.ts';
import type { StoredFile } from './stored-file.ts';

/** What an image is made of, beside the folder of its Dockerfile. */
export interface ImageInputs {
  /** Packages that a bundled program may import. Absent if no program is bundled. */
  bundled?: BundleInputs | undefined;
  /** Values of the ARGs of the Dockerfile, by name. Default: none. */
  buildArgs?: Readonly<Record<string, string>> | undefined;
  /** Folder above that of the Dockerfile which is the build context, from the root; `.` is the root. Default: the folder itself. */
  context?: string | undefined;
}

/**
 * The tag of an image built from a folder: the first 12 hex digits of a SHA-256 over its files as Git stores
 * them, each by mode, path, length and content, in bytewise order of paths. The possible imports of a bundled
 * program and the build arguments count too. Of a context above the folder, only the files that the Dockerfile
 * copies count.
 * The tag is the same on every machine: ignored files, times, owners, line ends of a checkout and the
 * folder's path do not count.
 */
export function imageHash(files: RepositoryFiles, folder: string, inputs: ImageInputs = {}): string {
  const { bundled, buildArgs = {}, context } = inputs;
  const hash = createHash('sha256');
  const add = (prefix: string, from: readonly StoredFile[]) => {
    for (const { path, mode, content } of from) {
      hash.update(`${mode} ${prefix}${path}\0${content.length}\0`).update(content);
    }
  };
  if (context !== undefined) add('Dockerfile:', dockerfileOf(files, folder));
  add('', imageFiles(files, folder, inputs));
  for (const name of bundled?.folders ?? []) add(`${name}:`, imageFiles(files, name, { bundled }));
  for (const line of bundled?.packages ?? []) hash.update(`${line}\n`);
  for (const [name, value] of Object.entries(buildArgs).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`ARG ${name}\0${value.length}\0${value}`);
  return hash.digest('hex').slice(0, 12);
}

/**
 * The input files of an image; the build has no others except the bundle. Left out: installed packages, tests
 * (`test`, `*.test.ts`), `app.ts`, encrypted `secrets`, and, for a bundled program, its output `dist`.
 * Paths start at the folder, or at the context above it.
 */
export function imageFiles(
  files: RepositoryFiles,
  folder: string,
  { bundled, context }: Omit<ImageInputs, 'buildArgs'> = {},
): StoredFile[] {
  if (context !== undefined) return copiedFiles(files, folder, context);
  const outside = bundled === undefined ? ['node_modules', 'test'] : ['node_modules', 'test', 'dist'];
  return files.below(folder, (path) => isInput(path, outside) && path !== 'app.ts' && !isSecret(path));
}

/** The files of a context that the Dockerfile of a folder copies, and the `.dockerignore` by which a builder leaves out some of them. */
function copiedFiles(files: RepositoryFiles, folder: string, context: string): StoredFile[] {
  const copies = dockerfileOf(files, folder).flatMap(({ content }) => copiedPaths(content.toString('utf8')));
  return files.below(context, (path) => {
    if (path === '.dockerignore') return true;
    const [room, , ...below] = posix.join(context, path).split('/');
    const inApp = below.join('/');
    if (room === 'apps' && (inApp === 'app.ts' || isSecret(inApp))) return false;
    return isInput(path, ['node_modules', 'test']) && isCopied(path, copies);
  });
}

function isInput(path: string, outside: readonly string[]): boolean {
  return !path.endsWith('.test.ts') && !path.split('/').some((name) => outside.includes(name));
}

function isSecret(path: string): boolean {
  return path.split('/')[0] === 'secrets';
}

/** The Dockerfile of a folder as Git stores it: one file, or none. */
export function dockerfileOf(files: RepositoryFiles, folder: string): StoredFile[] {
  return files.below(folder, (path) => path === 'Dockerfile');
}
