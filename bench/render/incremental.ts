import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure } from '../measure.ts';
import { appText, writeRepository } from './repository.ts';

/** Durations of repeated runs. */
export interface Times {
  what: string;
  count: number;
  seconds: number[];
}

const script = join(import.meta.dirname, 'command.ts');

/** Measures `npm run render` with the given number of apps: full, without changes, one changed app, and a save in watch mode. */
export async function measureRepository(root: string, count: number, runs: number): Promise<Times[]> {
  writeRepository(root, count);
  // The cache depends on the root's path, which is new, so it is empty.
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

/** Changes an app that no other app uses. */
function save(root: string, run: number): void {
  const text = appText('workload-1', 1, 'workload-0', `${11 + run}m`);
  writeFileSync(join(root, 'apps/workload-1/app.ts'), text);
}

/** Time from the save to the line that reports the written files. */
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
    // The first save runs code that is not compiled yet.
    for (let run = 0; run <= runs; run++) {
      said = '';
      // A pause, as between saves of a person.
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
