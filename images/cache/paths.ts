import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Cache directory: everything in it can be built or fetched again. */
export function cacheDir(): string {
  return ownDirectory('PLINTH_CACHE', 'XDG_CACHE_HOME', '.cache');
}

/** State directory of clusters: `NAME/` has a cluster's kubeconfig and checkpoints. */
export function stateDir(): string {
  return ownDirectory('PLINTH_STATE', 'XDG_STATE_HOME', join('.local', 'state'));
}

function ownDirectory(own: string, xdg: string, fallback: string): string {
  const wanted = process.env[own];
  if (wanted) return resolve(wanted);
  const base = process.env[xdg];
  // XDG specification: a relative path must be ignored.
  return join(base && isAbsolute(base) ? base : join(homedir(), fallback), 'plinth');
}
