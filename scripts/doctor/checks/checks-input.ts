import type { Lock } from '../../../images/lock/index.ts';
import type { Host } from '../host.ts';
import type { PortsOf } from '../port-uses.ts';

/** Inputs of the checks. */
export interface ChecksInput extends PortsOf {
  /** Host names of apps. */
  hosts: string[];
  lock: Lock;
  /** Names of the images of the environment in the lock file. Default: all that a cluster can need. */
  images?: readonly string[] | undefined;
  host: Host;
}
