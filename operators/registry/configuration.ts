import type { Environment } from '../../model/graph.ts';
import { registryHasTls } from '../../model/registry.ts';

/** Folders of the registry's pod. */
export const folders = { config: '/etc/registry', data: '/var/lib/registry' } as const;

/** Port of the pod at which nodes read. */
export const registryPort = 5000;

/** Port for pushes, on the pod's loopback only: reached by a port-forward of the API server. */
export const registryWritePort = 5001;

/** Port of the registry itself behind its door, on the pod's loopback. */
export const behindDoorPort = 5002;

/** Configuration files of the registry, by name. */
export function configurations({ cluster }: Pick<Environment, 'cluster'>): Record<string, object> {
  return registryHasTls(cluster)
    ? { 'config.yml': behindDoor }
    : { 'config.yml': readOnly, 'write.yml': writable };
}

/** Each request is in the other log too; this one would repeat every probe. */
const log = { level: 'info', formatter: 'json', accesslog: { disabled: true } };
const filesystem = { rootdirectory: folders.data };

/** Overlay `http`: what nodes read from. */
const readOnly = {
  version: '0.1',
  log,
  storage: {
    filesystem,
    cache: { blobdescriptor: 'inmemory' },
    maintenance: { readonly: { enabled: true }, uploadpurging: { enabled: false } },
  },
  http: { addr: `:${registryPort}`, headers: { 'X-Content-Type-Options': ['nosniff'] } },
  health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
};

/** Overlay `http`: what takes pushes. Nothing deletes: a version that runs, or that somebody wants back, stays. */
const writable = {
  version: '0.1',
  log,
  storage: { filesystem, delete: { enabled: false } },
  http: { addr: `127.0.0.1:${registryWritePort}` },
};

/**
 * Overlay `tls`: one process for reads and pushes. Without a cache of blobs: after the clean-up it would name blobs that are
 * gone. Without a host in its answers: callers come by several names.
 */
const behindDoor = {
  version: '0.1',
  log,
  storage: { filesystem, delete: { enabled: false } },
  http: {
    addr: `127.0.0.1:${behindDoorPort}`,
    relativeurls: true,
    headers: { 'X-Content-Type-Options': ['nosniff'] },
  },
  health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
};
