import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheDir } from '../cache/paths.ts';

/** Where a private engine keeps things. There is one for each cache directory. */
export interface PrivatePaths {
  /** Six characters that tell this engine from any other on the machine. */
  key: string;
  /** What lasts: images, containers, the log, notes. */
  root: string;
  dataRoot: string;
  log: string;
  notes: string;
  /** A directory for PATH in which `docker` is the client that belongs to this engine. */
  bin: string;
  shim: string;
  config: string;
  /** What does not outlive the engine. Short: a socket's path has 107 characters at most. */
  run: string;
  socket: string;
  pidFile: string;
  bridge: string;
  cgroup: string;
  /** Namespace in containerd, should the engine share one that runs already. */
  namespace: string;
}

/** The paths and names of the private engine of this cache. */
export function privatePaths(): PrivatePaths {
  const root = join(cacheDir(), 'engine');
  const key = createHash('sha256').update(root).digest('hex').slice(0, 6);
  const run = `/run/plinth-${key}`;
  return {
    key,
    root,
    dataRoot: join(root, 'data'),
    log: join(root, 'dockerd.log'),
    notes: join(root, 'engine.json'),
    bin: join(root, 'bin'),
    shim: join(root, 'runc-without-sys-resource'),
    config: join(root, 'daemon.json'),
    run,
    socket: join(run, 'docker.sock'),
    pidFile: join(run, 'docker.pid'),
    bridge: `plinth-${key}`,
    cgroup: `plinth-${key}`,
    namespace: `plinth-${key}`,
  };
}
