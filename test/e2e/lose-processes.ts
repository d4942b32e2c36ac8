import { globSync, readFileSync } from 'node:fs';
import { privatePaths, processes } from '../../images/engine/index.ts';

/** Kills the private engine and all that runs in its containers at once, as when the power goes: nothing may tidy up. */
export async function loseProcesses(): Promise<void> {
  const { run, cgroup } = privatePaths();
  const daemons = processes()
    .filter(({ pid, args }) => pid !== process.pid && args.some((argument) => argument.includes(run)))
    .map(({ pid }) => pid);
  kill(daemons);
  // Processes that a container starts meanwhile are found in a later round.
  for (let round = 0; round < 20; round++) {
    const left = globSync(`/sys/fs/cgroup/**/${cgroup}/**/cgroup.procs`).flatMap(idsIn);
    if (left.length === 0) return;
    kill([...new Set(left)]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`processes of ${cgroup} can't be killed`);
}

function idsIn(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return []; // the group went while we looked
  }
}

function kill(ids: number[]): void {
  for (const id of ids) {
    try {
      process.kill(id, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
