import { type CheckResult, fail, ok } from './check-result.ts';

/** Capabilities that a Docker engine needs to start containers, with their numbers in linux/capability.h. */
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

/** Facts that decide whether this process may run a private engine. */
export interface CapabilityInput {
  /** /proc/self/status */
  status: string;
  /** Whether an engine answers already: then its rights count. */
  engineAnswers: boolean;
  root: boolean;
}

/** Whether this process has the rights that a private engine needs. */
export function capabilities({ status, engineAnswers, root }: CapabilityInput): CheckResult {
  if (engineAnswers) return ok('those of the engine count');
  if (!root) return ok('not root: no private engine is possible');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const has = (bit: bigint): boolean => ((effective >> bit) & 1n) === 1n;
  const missing = Object.keys(needed).filter((name) => !has(needed[name] ?? 0n));
  if (missing.length > 0) {
    return fail(
      `this process lacks ${missing.join(', ')}, which an engine needs`,
      'Run this on the machine itself, or in a container started with --privileged',
    );
  }
  return ok(
    has(sysResource)
      ? 'all that an engine needs'
      : 'all except SYS_RESOURCE, for which there is a workaround',
  );
}
