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
import { imageFiles, imageHash } from '../../model/reading/image-hash.ts';
import { RepositoryFiles } from '../../model/reading/repository-files.ts';
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
  /** Tag: the hash of the inputs. */
  tag: string;
}

/**
 * Calls `use` with a temporary folder that has exactly the files of the image's tag, and the bundle made from
 * them. The folder in the repository can have more: ignored files, tests.
 */
export async function withBuildContext<T>(
  { root, folder, entry, buildArgs, tag }: BuildInput,
  use: (context: string) => Promise<T>,
): Promise<T> {
  const bundled = entry === undefined ? undefined : bundleInputs(root, folder);
  if (entry !== undefined) await bundle({ root, folder, entry });
  const files = new RepositoryFiles(root);
  if (imageHash(files, folder, bundled, buildArgs) !== tag) {
    throw new Failure(`${folder} has changed since its tag was computed.`, 'Type the same command again.');
  }
  const context = mkdtempSync(join(tmpdir(), 'plinth-build-'));
  try {
    for (const { path, mode, content } of imageFiles(files, folder, bundled)) {
      const place = join(context, path);
      mkdirSync(dirname(place), { recursive: true });
      if (mode === '120000') symlinkSync(content, place);
      else writeFileSync(place, content, { mode: mode === '100755' ? 0o755 : 0o644 });
    }
    if (entry !== undefined) cpSync(join(root, folder, 'dist'), join(context, 'dist'), { recursive: true });
    openToAll(context);
    return await use(context);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** Makes files readable for all: the container's user must read them, whatever the umask here is. */
function openToAll(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const place = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(place, 0o755);
    else if (entry.isFile()) chmodSync(place, (statSync(place).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
