import { type CheckResult, ok, warn } from './check-result.ts';
import { asRoot, type Host } from './host.ts';

/** Seconds beyond which certificates and tokens are refused. */
const tolerable = 60;

/**
 * Whether this machine's clock agrees with those of servers. Each offset is this clock minus the server's, in
 * seconds.
 */
export function clock(offsets: number[], host: Host): CheckResult {
  const sorted = [...offsets].sort((a, b) => a - b);
  // The median, because one server can be wrong.
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) return ok('not compared: no server answers');
  const seconds = Math.round(Math.abs(median));
  if (seconds <= tolerable) return ok(`within ${Math.max(1, seconds)} s of the servers' clocks`);
  return warn(
    `${seconds} s ${median > 0 ? 'ahead of' : 'behind'} the servers' clocks: certificates will be refused`,
    asRoot(host, 'timedatectl set-ntp true'),
  );
}
