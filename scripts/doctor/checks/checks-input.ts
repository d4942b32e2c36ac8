import type { Lock } from '../../../images/lock/index.ts';
import type { Host } from '../host.ts';
import type { PortsOf } from '../port-uses.ts';

/** Inputs of the checks. */
export interface ChecksInput extends PortsOf {
  /** Host names of apps. */
  hosts: string[];
  lock: Lock;
  host: Host;
}
