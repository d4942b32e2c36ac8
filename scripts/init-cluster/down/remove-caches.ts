import { rm } from 'node:fs/promises';
import { Failure } from '../../cli/failure.ts';

/**
 * Removes the caches.
 * @throws Failure if they have files of another user, from an earlier run as root.
 */
export async function removeCaches(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new Failure(
      `${folder} has files of another user, which this user cannot remove.`,
      `sudo rm -rf '${folder.replaceAll("'", "'\\''")}'`,
      { cause: error },
    );
  }
}
