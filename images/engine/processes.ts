import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../cache/is-alive.ts';

/** A running process with its id, its parent's id and its command line. */
export interface Process {
  pid: number;
  parent: number;
  args: string[];
}

/** All processes that this one can see, without kernel threads, which have no command line. */
export function processes(): Process[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const args = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').slice(0, -1);
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        // The name in brackets can contain blanks and brackets: fields are counted from the last bracket.
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (args.length === 0 || state === 'Z') return [];
        return [{ pid: Number(entry), parent: Number(parent), args }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

/** These processes and all their descendants, children after their parents. */
export function withDescendants(roots: Process[], all: Process[]): Process[] {
  const found = new Map(roots.map((root) => [root.pid, root]));
  for (const { pid } of found.values()) {
    for (const child of all) if (child.parent === pid) found.set(child.pid, child);
  }
  return [...found.values()];
}

/** Sends SIGTERM to the processes, waits up to `graceSeconds`, then kills the remaining ones. */
export async function endProcesses(pids: number[], graceSeconds: number): Promise<void> {
  for (const [signal, seconds] of [
    ['SIGTERM', graceSeconds],
    ['SIGKILL', 5],
  ] as const) {
    for (const pid of pids.filter(isAlive)) send(pid, signal);
    const end = Date.now() + seconds * 1000;
    while (pids.some(isAlive) && Date.now() < end) await sleep(50);
    if (!pids.some(isAlive)) return;
  }
  throw new Error(
    `processes ${pids.filter(isAlive).join(', ')} did not end, not even by SIGKILL: ` +
      'they wait for the kernel. See what for: cat /proc/PID/stack',
  );
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
