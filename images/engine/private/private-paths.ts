import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheDir } from '../../cache/paths.ts';

/** Paths of a private engine. Each cache directory has its own engine. */
export interface PrivatePaths {
  /** Six characters that identify this engine on the machine. */
  key: string;
  /** Folder of persistent data: images, containers, the log, notes. */
  root: string;
  dataRoot: string;
  log: string;
  notes: string;
  /** Folder for PATH in which `docker` is this engine's client. */
  bin: string;
  shim: string;
  config: string;
  /** Folder of data that ends with the engine. Short, because a socket's path has at most 107 characters. */
  run: string;
  socket: string;
  pidFile: string;
  bridge: string;
  cgroup: string;
  /** Namespace in containerd, if the engine shares a running one. */
  namespace: string;
}

/** Paths and names of the private engine of this cache. */
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
