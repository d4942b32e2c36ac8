/** The parts of a lock file that refer to each other. */
interface LockReferences {
  binaries: Record<
    string,
    {
      version: string;
      go: { packages: Record<string, string> };
      download: Record<string, unknown>;
      wheels: Record<string, unknown>;
    }
  >;
  images: Record<
    string,
    { ref: string; digest?: string | undefined; build?: { binaries: Record<string, string> } | undefined }
  >;
  nodeImages: Record<string, Record<string, string>>;
}

/** Reports a mistake at a place of the lock file. */
type Refuse = (problem: { path: string[]; message: string }) => void;

/** Checks the names by which the parts of a lock file refer to each other. */
export function checkLock(lock: LockReferences, refuse: Refuse): void {
  const owners = ownersOfExecutables(lock, refuse);
  for (const [component, binary] of Object.entries(lock.binaries)) checkPublished(component, binary, refuse);
  checkNodeImage(lock, refuse);
  for (const [image, { build }] of Object.entries(lock.images)) {
    for (const [path, executable] of Object.entries(build?.binaries ?? {})) {
      if (owners.has(executable)) continue;
      refuse({
        path: ['images', image, 'build', 'binaries', path],
        message: `no component under binaries has an executable ${executable}`,
      });
    }
  }
}

/** The component of each executable. The name of an executable is unique over all components. */
function ownersOfExecutables({ binaries }: LockReferences, refuse: Refuse): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [component, { go }] of Object.entries(binaries)) {
    for (const executable of Object.keys(go.packages)) {
      const owner = owners.get(executable);
      if (owner !== undefined) {
        refuse({
          path: ['binaries', component, 'go', 'packages', executable],
          message: `the executable ${executable} already comes from ${owner}: give one of them another name`,
        });
      }
      owners.set(executable, component);
    }
  }
  return owners;
}

/** Downloads and wheels name executables of their component; wheels have all of them or none. */
function checkPublished(
  component: string,
  { go, download, wheels }: LockReferences['binaries'][string],
  refuse: Refuse,
): void {
  const executables = Object.keys(go.packages);
  const published = [
    ...Object.keys(download).map((executable) => ['download', executable] as const),
    ...Object.keys(wheels).map((executable) => ['wheels', executable] as const),
  ];
  for (const [way, executable] of published) {
    if (executables.includes(executable)) continue;
    refuse({
      path: ['binaries', component, way, executable],
      message: `${component} has no executable ${executable}: it has ${executables.join(', ')}`,
    });
  }
  const lacking = executables.filter((executable) => !(executable in wheels));
  if (Object.keys(wheels).length > 0 && lacking.length > 0) {
    refuse({
      path: ['binaries', component, 'wheels'],
      message: `a component is pulled or built as a whole: add a wheel for ${lacking.join(', ')}`,
    });
  }
}

/** The node image is one of Kind's own: others can lack files that this version of Kind expects. */
function checkNodeImage(lock: LockReferences, refuse: Refuse): void {
  const kind = lock.binaries.kind?.version;
  const image = lock.images['kindest-node'];
  const made = kind === undefined ? undefined : lock.nodeImages[kind];
  if (image === undefined || made === undefined) return;
  const tag = image.ref.slice(image.ref.lastIndexOf(':') + 1);
  const known = made[tag];
  if (known === undefined) {
    refuse({
      path: ['images', 'kindest-node', 'ref'],
      message: `Kind ${kind} has no node image ${tag}: it has ${Object.keys(made).join(', ')} (nodeImages)`,
    });
  } else if (image.digest !== known) {
    refuse({
      path: ['images', 'kindest-node', 'digest'],
      message: `the digest of ${tag} in Kind ${kind} is ${known} (nodeImages): write that digest`,
    });
  }
}
