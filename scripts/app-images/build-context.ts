import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleInputs } from '../../model/reading/bundle-inputs.ts';
import { dockerfileOf, imageFiles, imageHash } from '../../model/reading/image-hash.ts';
import { RepositoryFiles } from '../../model/reading/repository-files.ts';
import type { StoredFile } from '../../model/reading/stored-file.ts';
import { Failure } from '../cli/failure.ts';
import { bundle } from './bundle.ts';

/** Inputs of a build. */
export interface BuildInput {
  root: string;
  /** Folder of the Dockerfile, from the repository's root. */
  folder: string;
  /** The program that is bundled first, if any. */
  entry: string | undefined;
  /** Values of the ARGs of its Dockerfile, by name. Default: none. */
  buildArgs?: Readonly<Record<string, string>>;
  /** Build context above the folder, from the root. Default: the folder. */
  context?: string | undefined;
  /** Tag: the hash of the inputs. */
  tag: string;
}

/** Input of a builder. */
export interface BuildContext {
  /** Folder with the files that COPY can name. */
  folder: string;
  /** Path of the Dockerfile; outside of the folder if the context is above the app's folder. */
  dockerfile: string;
}

/**
 * Calls `use` with a temporary folder that has exactly the files of the image's tag, and the bundle made from
 * them. The folder in the repository can have more: ignored files, tests.
 */
export async function withBuildContext<T>(
  { root, folder, entry, buildArgs, context, tag }: BuildInput,
  use: (context: BuildContext) => Promise<T>,
): Promise<T> {
  const bundled = entry === undefined ? undefined : bundleInputs(root, folder);
  if (entry !== undefined) await bundle({ root, folder, entry });
  const files = new RepositoryFiles(root);
  if (imageHash(files, folder, { bundled, buildArgs, context }) !== tag) {
    throw new Failure(`${folder} has changed since its tag was computed.`, 'Type the same command again.');
  }
  const place = mkdtempSync(join(tmpdir(), 'plinth-build-'));
  try {
    const made = join(place, 'files');
    mkdirSync(made);
    const apart = context === undefined ? [] : dockerfileOf(files, folder);
    for (const file of apart) writeStored(place, file);
    for (const file of imageFiles(files, folder, { bundled, context })) writeStored(made, file);
    if (entry !== undefined) cpSync(join(root, folder, 'dist'), join(made, 'dist'), { recursive: true });
    openToAll(made);
    const dockerfile = join(apart.length > 0 ? place : made, 'Dockerfile');
    return await use({ folder: made, dockerfile });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function writeStored(folder: string, { path, mode, content }: StoredFile): void {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  if (mode === '120000') symlinkSync(content, place);
  else writeFileSync(place, content, { mode: mode === '100755' ? 0o755 : 0o644 });
}

/** Makes files readable for all: the container's user must read them, whatever the umask here is. */
function openToAll(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const place = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(place, 0o755);
    else if (entry.isFile()) chmodSync(place, (statSync(place).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
