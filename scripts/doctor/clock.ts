import { type CheckResult, ok, warn } from './check.ts';
import { asRoot, type Host } from './host.ts';

/** Certificates and tokens are refused beyond this. */
const tolerable = 60;

/** Whether this machine's clock agrees with those of servers; each offset is ours minus theirs, in seconds. */
export function clock(offsets: number[], host: Host): CheckResult {
  const sorted = [...offsets].sort((a, b) => a - b);
  // One server may be wrong itself: the one in the middle counts.
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) return ok('not compared: no server answers');
  const seconds = Math.round(Math.abs(median));
  if (seconds <= tolerable) return ok(`within ${Math.max(1, seconds)} s of what servers say`);
  return warn(
    `${seconds} s ${median > 0 ? 'ahead of' : 'behind'} what servers say: certificates will be refused`,
    asRoot(host, 'timedatectl set-ntp true'),
  );
}
