import { checkCgroups, type EngineInfo } from '../../images/engine/index.ts';
import { type CheckResult, fail, ok, warn } from './check-result.ts';

/** Facts about the machine's control groups. */
export interface CgroupInput {
  /** /proc/mounts */
  mounts: string;
  /** /sys/fs/cgroup/cgroup.controllers; `undefined` if version 2 is not in use. */
  controllers: string | undefined;
}

const unified = 'Boot with version 2: add systemd.unified_cgroup_hierarchy=1 to the kernel command line';

const delegate =
  "sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=yes\\n' | " +
  'sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload   (then log out and in again)';

/**
 * The same check for an engine that reports its control groups: a rootless one, with the controllers that
 * systemd delegates (Kind's 'Rootless'), or a remote one.
 */
export function engineCgroups({ rootless, cgroups, missingControllers }: EngineInfo): CheckResult {
  if (cgroups === 1) {
    return rootless
      ? fail('version 1, with which a rootless engine cannot create nodes', unified)
      : warn('version 1, which Kubernetes will soon stop supporting', unified);
  }
  if (missingControllers.length === 0) return ok('version 2 with cpu, memory, pids');
  const missing = missingControllers.join(', ');
  return rootless
    ? fail(
        `systemd does not delegate ${missing} to this user, so a rootless engine cannot create nodes`,
        delegate,
      )
    : fail(`version 2 without ${missing}`, 'docker info   (its warnings say what is missing)');
}

/** Whether containers can get a limit of processor and memory. */
export function cgroups({ mounts, controllers }: CgroupInput): CheckResult {
  if (controllers === undefined) {
    try {
      checkCgroups(mounts);
    } catch (error) {
      return fail('version 1, incomplete', error instanceof Error ? error.message : String(error));
    }
    return warn('version 1, which Kubernetes will soon stop supporting', unified);
  }
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !controllers.split(/\s+/).includes(name));
  if (missing.length > 0) {
    const enable = missing.map((name) => `+${name}`).join(' ');
    return fail(
      `version 2 without ${missing.join(', ')}`,
      `echo '${enable}' | sudo tee /sys/fs/cgroup/cgroup.subtree_control   (in the parent of this container or session)`,
    );
  }
  return ok(`version 2 with ${controllers.trim().split(/\s+/).join(', ')}`);
}
