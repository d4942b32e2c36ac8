import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckResult, fail, ok } from './check-result.ts';

/**
 * Whether the current user owns all files in these folders. An earlier run as root leaves files that others
 * cannot change.
 */
export function ownFiles(folders: string[], uid: number | undefined): CheckResult {
  const there = folders.filter((folder) => existsSync(folder));
  if (uid === undefined || uid === 0 || there.length === 0) return ok(there.join(', ') || 'none yet');
  const foreign = there.filter((folder) => holdsForeign(folder, uid, 2));
  if (foreign.length === 0) return ok(there.join(', '));
  const quoted = foreign.map((folder) => `'${folder.replaceAll("'", "'\\''")}'`).join(' ');
  return fail(
    `${foreign.join(', ')} ${foreign.length === 1 ? 'has' : 'have'} files of another user, which cannot be replaced`,
    `sudo chown -R "$(id -u):$(id -g)" ${quoted}`,
  );
}

function holdsForeign(path: string, uid: number, depth: number): boolean {
  const stat = lstatSync(path);
  if (stat.uid !== uid) return true;
  if (depth === 0 || !stat.isDirectory()) return false;
  return readdirSync(path).some((name) => holdsForeign(join(path, name), uid, depth - 1));
}
