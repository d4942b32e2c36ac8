import { Failure } from '../cli/failure.ts';

/** Next commands for disk errors of any work. */
const always: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on the disk, then type the same command again.',
  EDQUOT: 'Free space in your quota, then type the same command again.',
};

/** Next commands for disk errors of a render. */
const remedies: Readonly<Record<string, string>> = {
  ...always,
  ENOENT: 'No folder can be created there: name another one by --out.',
  EROFS: 'The file system is mounted read-only: name a folder elsewhere by --out.',
  EACCES: 'Check who may write there (ls -ld), or name a folder of your own by --out.',
  EPERM: 'Check who may write there (ls -ld), or name a folder of your own by --out.',
  ENOTDIR: 'A file exists at the place of a folder: name another folder by --out.',
  EEXIST: 'A file exists at the place of a folder: name another folder by --out.',
};

/** Works on the manifests in a folder; a disk error becomes a Failure. */
export function onDisk<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    const next = remedies[String(error.code)] ?? remedyOf(error);
    throw new Failure(`the manifests in ${folder}: ${error.message}`, next, { cause: error });
  }
}

/** The same for reading the repository. */
export async function readingDisk<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new Failure(
      `the descriptions in ${root} cannot be read: ${error.message}`,
      'Check that it exists, who may read it, and its name (ls -lb), then type the same command again.',
      { cause: error },
    );
  }
}

/** Next command for a disk error of work other than a render. */
export function remedyOf({ code }: { code: unknown }): string {
  return always[String(code)] ?? 'Check the disk and who may write there, then type the same command again.';
}

/** A full disk or quota as a Failure that names the place; undefined for other errors. */
export function fullDisk(error: unknown, place?: string): Failure | undefined {
  if (!isDiskError(error)) return undefined;
  const next = always[String(error.code)];
  if (next === undefined) return undefined;
  const where = place === undefined ? '' : ` at ${place}`;
  return new Failure(`the disk is full${where}: ${error.message}`, next, { cause: error });
}

export function isDiskError(error: unknown): error is Error & { code: unknown } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
