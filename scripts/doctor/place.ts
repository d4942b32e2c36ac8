import { type CheckResult, fail, ok, warn } from './check.ts';

/** Where the engine is, as seen from this machine. */
export interface PlaceInput {
  /** What carries its virtual machine; nothing where it runs on this machine itself. */
  machine: string | undefined;
  /** The address of its API: `unix:///var/run/docker.sock`; nothing where the client does not say it. */
  endpoint: string | undefined;
  /** Folders that containers mount. */
  folders: string[];
  home: string;
  wsl: boolean;
}

/** Folders beside the user's own that virtual machines see unless they are told otherwise, by their documentation. */
const shared: Record<string, string[]> = {
  'Docker Desktop': ['/Users', '/Volumes', '/private', '/tmp', '/var/folders', '/home'],
  OrbStack: ['/'],
  'podman machine': ['/Users', '/private', '/var/folders'],
  'Rancher Desktop': ['/tmp/rancher-desktop', '/Volumes', '/var/folders'],
  colima: ['/tmp/colima'],
};

/** Whether containers can mount folders of this machine, and answer on its loopback. */
export function place({ machine, endpoint, folders, home, wsl }: PlaceInput): CheckResult {
  if (endpoint !== undefined && isElsewhere(endpoint)) {
    return fail(
      `the engine is on another machine, ${endpoint}: it sees no folder of this one, and its ports are not on this loopback`,
      'docker context use default; unset DOCKER_HOST   (or run this on that machine)',
    );
  }
  if (machine === undefined) return ok('this machine');
  // The engine of Docker Desktop sees the files of a distribution where they are.
  const seen = wsl ? ['/'] : [home, ...(shared[machine] ?? [])];
  const hidden = folders.filter((folder) => !seen.some((root) => isBelow(folder, root)));
  if (hidden.length === 0) return ok(`${machine}, which sees ${folders.join(', ')}`);
  return warn(
    `${machine}, which by default does not see ${hidden.join(', ')}: what is mounted from there is empty`,
    'Let caches and state lie below your home: unset PLINTH_CACHE PLINTH_STATE XDG_CACHE_HOME XDG_STATE_HOME',
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
