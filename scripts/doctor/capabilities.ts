import { type CheckResult, fail, ok } from './check.ts';

/** Numbers of linux/capability.h. Without these a Docker engine cannot start containers. */
const needed: Record<string, bigint> = {
  CHOWN: 0n,
  DAC_OVERRIDE: 1n,
  SETGID: 6n,
  SETUID: 7n,
  NET_ADMIN: 12n,
  NET_RAW: 13n,
  SYS_CHROOT: 18n,
  SYS_ADMIN: 21n,
  MKNOD: 27n,
};

const sysResource = 24n;

/** What decides whether this process may run an engine of its own. */
export interface CapabilityInput {
  /** /proc/self/status */
  status: string;
  /** Whether an engine answers already: then its rights count, not ours. */
  engineAnswers: boolean;
  root: boolean;
}

/** Whether this process has the rights that a private engine takes. */
export function capabilities({ status, engineAnswers, root }: CapabilityInput): CheckResult {
  if (engineAnswers) return ok('those of the engine count');
  if (!root) return ok('not root: no private engine is set up');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const has = (bit: bigint): boolean => ((effective >> bit) & 1n) === 1n;
  const missing = Object.keys(needed).filter((name) => !has(needed[name] ?? 0n));
  if (missing.length > 0) {
    return fail(
      `this process lacks ${missing.join(', ')}, which an engine needs`,
      'Run this on the machine itself, or in a container that was started with --privileged',
    );
  }
  return ok(has(sysResource) ? 'all that an engine needs' : 'all but SYS_RESOURCE, which is worked around');
}
