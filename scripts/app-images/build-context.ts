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

/** An image that is to be built. */
export interface BuildInput {
  root: string;
  /** Of its Dockerfile, from the root. */
  folder: string;
  /** The program in it that is bundled first, if any. */
  entry: string | undefined;
  /** Values of the ARGs of its Dockerfile, by name. Default: none. */
  buildArgs?: Readonly<Record<string, string>>;
  /** Of the image: the hash of what goes into it. */
  tag: string;
}

/**
 * Makes a temporary folder with exactly the files that the tag of an image stands for, and the bundle that is made of
 * them, for as long as `use` takes. The folder in the repository may hold more: what Git ignores, tests.
 */
export async function withBuildContext<T>(
  { root, folder, entry, buildArgs, tag }: BuildInput,
  use: (context: string) => Promise<T>,
): Promise<T> {
  const bundled = entry === undefined ? undefined : bundleInputs(root, folder);
  if (entry !== undefined) await bundle({ root, folder, entry });
  const files = new RepositoryFiles(root);
  if (imageHash(files, folder, bundled, buildArgs) !== tag) {
    throw new Failure(`${folder} has changed since its tag was made.`, 'Type the same command again.');
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

/** Whoever runs the image may read what the umask of who builds it takes away. */
function openToAll(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const place = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(place, 0o755);
    else if (entry.isFile()) chmodSync(place, (statSync(place).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
