import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure } from '../measure.ts';
import { appText, writeRepository } from './repository.ts';

/** How long something took, each time. */
export interface Times {
  what: string;
  count: number;
  seconds: number[];
}

const script = join(import.meta.dirname, 'command.ts');

/** `npm run render` for a repository of so many apps: everything, nothing, one app, and a save while it watches. */
export async function measureRepository(root: string, count: number, runs: number): Promise<Times[]> {
  writeRepository(root, count);
  // Paths of the cache go by the root, which is new: nothing is known of it.
  const render = async (mode = '') => {
    const measured = await measure([process.execPath, script, root, mode], { limit: 600 });
    if (measured === undefined) throw new Error(`the render of ${count} apps did not end in ten minutes`);
    return measured.seconds;
  };
  const all = await render();
  const [nothing, one]: number[][] = [[], []];
  for (let run = 0; run < runs; run++) {
    nothing?.push(await render());
    save(root, run);
    one?.push(await render());
  }
  return [
    { what: 'everything, for the first time', count, seconds: [all] },
    { what: 'nothing has changed', count, seconds: nothing ?? [] },
    { what: 'one app has changed', count, seconds: one ?? [] },
    { what: 'one app is saved while it watches', count, seconds: await watched(root, runs) },
  ];
}

/** Changes one app that no other one uses. */
function save(root: string, run: number): void {
  const text = appText('workload-1', 1, 'workload-0', `${11 + run}m`);
  writeFileSync(join(root, 'apps/workload-1/app.ts'), text);
}

/** From the save to the line that says what was written. */
async function watched(root: string, runs: number): Promise<number[]> {
  const child = spawn(process.execPath, [script, root, 'watch'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const says = async (text: RegExp) => {
    while (!text.test(said)) await once(child.stdout, 'data', { signal: AbortSignal.timeout(600_000) });
  };
  const seconds: number[] = [];
  try {
    await says(/Watching/);
    // The first save finds code that was never run.
    for (let run = 0; run <= runs; run++) {
      said = '';
      // As people save: not while the answer to the one before is still being read.
      await sleep(250);
      const started = performance.now();
      save(root, 100 + run);
      await says(/ 1 changed, /);
      if (run > 0) seconds.push((performance.now() - started) / 1000);
    }
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return seconds;
}
