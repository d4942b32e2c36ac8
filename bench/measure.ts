import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** Resource use of one process. */
export interface Measured {
  /** Seconds from start to end. */
  seconds: number;
  /** Processor seconds of all threads, in user and kernel mode; largely independent of other load on the machine. */
  cpuSeconds: number;
  /** Peak memory in bytes. */
  peak: number;
}

/** Bash's `time` reports the kernel's counters; the command's arguments are not parsed by a shell. */
const timed = 'TIMEFORMAT="%3R %3U %3S"; time "$@" 2>/dev/null';

/** Runs a command; undefined if it is killed after `limit` seconds. */
export async function measure(
  command: readonly string[],
  { output = '/dev/null', limit = 120 }: { output?: string; limit?: number } = {},
): Promise<Measured | undefined> {
  const stdout = openSync(output, 'w');
  const child = spawn('bash', ['-c', timed, 'bash', ...command], {
    stdio: ['ignore', stdout, 'pipe'],
    detached: true,
  });
  closeSync(stdout);
  let [times, peak, late] = ['', 0, false];
  child.stderr?.on('data', (chunk: Buffer) => {
    times += chunk.toString();
  });
  const sampler = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0));
  }, 5);
  const timer = setTimeout(() => {
    late = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, limit * 1000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve).on('error', reject);
  });
  clearInterval(sampler);
  clearTimeout(timer);
  if (late) return undefined;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: run it by hand to see why`);
  const [seconds = 0, user = 0, system = 0] = times.trim().split(' ').map(Number);
  return { seconds, cpuSeconds: user + system, peak };
}

/** The high-water mark of the resident memory of the process that bash runs (proc(5), VmHWM). */
function peakOf(bash: number): number {
  try {
    const [pid = ''] = readFileSync(`/proc/${bash}/task/${bash}/children`, 'utf8').split(' ');
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    // Not started yet, or already ended.
    return 0;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
