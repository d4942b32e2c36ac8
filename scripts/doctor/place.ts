import { type CheckResult, fail, ok, warn } from './check-result.ts';

/** Location of the engine, as seen from this machine. */
export interface PlaceInput {
  /** Software of its virtual machine; undefined if it runs on this machine itself. */
  machine: string | undefined;
  /** Address of its API: `unix:///var/run/docker.sock`; undefined if the client does not report it. */
  endpoint: string | undefined;
  /** Folders that containers mount. */
  folders: string[];
  home: string;
  wsl: boolean;
}

/**
 * Folders, in addition to the user's home, that virtual machines share by default, from their documentation.
 */
const shared: Record<string, string[]> = {
  'Docker Desktop': ['/Users', '/Volumes', '/private', '/tmp', '/var/folders', '/home'],
  OrbStack: ['/'],
  'podman machine': ['/Users', '/private', '/var/folders'],
  'Rancher Desktop': ['/tmp/rancher-desktop', '/Volumes', '/var/folders'],
  colima: ['/tmp/colima'],
};

/** Whether containers can mount folders of this machine and publish ports on its loopback address. */
export function place({ machine, endpoint, folders, home, wsl }: PlaceInput): CheckResult {
  if (endpoint !== undefined && isElsewhere(endpoint)) {
    return fail(
      `the engine is on another machine, ${endpoint}: it cannot mount folders of this one or publish ports on its loopback address`,
      'docker context use default; unset DOCKER_HOST   (or run this on that machine)',
    );
  }
  if (machine === undefined) return ok('this machine');
  // Docker Desktop's engine sees the files of a WSL distribution.
  const seen = wsl ? ['/'] : [home, ...(shared[machine] ?? [])];
  const hidden = folders.filter((folder) => !seen.some((root) => isBelow(folder, root)));
  if (hidden.length === 0) return ok(`${machine}, which sees ${folders.join(', ')}`);
  return warn(
    `${machine}, which by default does not share ${hidden.join(', ')}: mounts from there are empty`,
    'Move caches and state below your home: unset PLINTH_CACHE PLINTH_STATE XDG_CACHE_HOME XDG_STATE_HOME',
  );
}

function isElsewhere(endpoint: string): boolean {
  const address = URL.parse(endpoint);
  if (address === null || !/^(ssh|tcp|https?):$/.test(address.protocol)) return false;
  return !/^(localhost|127\..*|\[::1\])$/.test(address.hostname);
}

function isBelow(folder: string, root: string): boolean {
  return folder === root || folder.startsWith(root.endsWith('/') ? root : `${root}/`);
}
