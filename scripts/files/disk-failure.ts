import { Failure } from '../cli/failure.ts';

/** What to do where the disk does not do what is asked of it, whatever that is. */
const always: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the disk, then type the same command again.',
  EDQUOT: 'Make room in your quota, then type the same command again.',
};

/** What to do where it does not do what a render asks of it. */
const remedies: Readonly<Record<string, string>> = {
  ...always,
  ENOENT: 'No folder can be made there: name another one by --out.',
  EROFS: 'The file system is mounted read-only: name a folder elsewhere by --out.',
  EACCES: 'See who may write there (ls -ld), or name a folder of your own by --out.',
  EPERM: 'See who may write there (ls -ld), or name a folder of your own by --out.',
  ENOTDIR: 'A file stands where a folder should: name another folder by --out.',
  EEXIST: 'A file stands where a folder should: name another folder by --out.',
};

/** Does work on the manifests in a folder; what the disk says against it becomes a failure in words. */
export function onDisk<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    const next = remedies[String(error.code)] ?? remedyOf(error);
    throw new Failure(`the manifests in ${folder}: ${error.message}`, next, { cause: error });
  }
}

/** The same for what is read of the repository. */
export async function readingDisk<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new Failure(
      `what is described in ${root} cannot be read: ${error.message}`,
      'See what is there, who may read it and of what its name is made (ls -lb), then type the same command again.',
      { cause: error },
    );
  }
}

/** What to type where the disk failed at other work than a render. */
export function remedyOf({ code }: { code: unknown }): string {
  return (
    always[String(code)] ?? 'Look at the disk and at who may write there, then type the same command again.'
  );
}

export function isDiskError(error: unknown): error is Error & { code: unknown } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
