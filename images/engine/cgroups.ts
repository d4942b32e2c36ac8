import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** Version of the control group interface that this machine uses for its controllers. */
export function cgroupVersion(): 1 | 2 {
  return existsSync(join(root, 'cgroup.controllers')) ? 2 : 1;
}

/** Refuses a machine whose control group mounts do not work for an engine and for systemd in a container. */
export function checkCgroups(mounts: string = readFileSync('/proc/mounts', 'utf8')): void {
  const mounted = mounts.split('\n').flatMap((line) => {
    const [, target = '', type = '', options = ''] = line.split(' ');
    return type === 'cgroup' || type === 'cgroup2' ? [{ target, type, options: options.split(',') }] : [];
  });
  if (mounted.some(({ target, type }) => type === 'cgroup2' && target === root)) return;
  const missing = ['memory', 'cpu', 'devices', 'pids', 'name=systemd'].filter(
    (controller) => !mounted.some(({ type, options }) => type === 'cgroup' && options.includes(controller)),
  );
  if (missing.length === 0) return;
  throw new Error(
    `the control groups ${missing.join(', ')} are not mounted below ${root}, and no container starts without them. ` +
      'Mount them (on Debian: apt-get install cgroupfs-mount && cgroupfs-mount; for name=systemd: mkdir -p ' +
      `${root}/systemd && mount -t cgroup -o none,name=systemd cgroup ${root}/systemd), then run this again.`,
  );
}

/**
 * Creates the control group `name` with this multiple of the default CPU weight. With weight 1, the whole group gets as much of
 * a busy machine as a single process outside of any group.
 */
export function makeCgroup(name: string, weight: number): void {
  const [hierarchy, file, one] =
    cgroupVersion() === 2 ? [root, 'cpu.weight', 100] : [join(root, 'cpu'), 'cpu.shares', 1024];
  mkdirSync(join(hierarchy, name), { recursive: true });
  const path = join(hierarchy, name, file);
  // Without the controller there is no weight to set.
  if (existsSync(path)) writeFileSync(path, String(one * weight));
}

/** Removes the control group `name` in every hierarchy. It must have no processes. */
export function removeCgroup(name: string): void {
  const hierarchies = cgroupVersion() === 2 ? [root] : readdirSync(root).map((entry) => join(root, entry));
  for (const hierarchy of hierarchies) removeTree(join(hierarchy, name));
}

function removeTree(directory: string): void {
  if (!existsSync(directory)) return;
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(directory, entry.name));
    }
    rmdirSync(directory);
  } catch {
    // The group is in use, or was removed meanwhile. An empty one does no harm.
  }
}
