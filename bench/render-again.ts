import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../scripts/cli/table.ts';
import { median } from './measure.ts';
import { measureRepository, type Times } from './render/incremental.ts';

const usage = `Renders a repository with the given numbers of apps: the first time, without changes, with one change, and at a save in watch
mode, until the line that reports the written files. Prints median, minimum and maximum.

  npm run bench:render-again -- [--sizes 100,1000] [--runs 20] [--json]`;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000' },
    runs: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  try {
    const times: Times[] = [];
    for (const size of values.sizes.split(',').map(Number)) {
      process.stderr.write(`${size} apps\n`);
      times.push(...(await measureRepository(join(folder, String(size)), size, Number(values.runs))));
    }
    if (values.json) console.log(JSON.stringify(times, null, 2));
    else print(times);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(times: readonly Times[]): void {
  const inMilliseconds = (seconds: number) => `${(seconds * 1000).toFixed(0)} ms`;
  const rows = times.map(({ what, count, seconds }) => [
    String(count),
    what,
    ...[median(seconds), Math.min(...seconds), Math.max(...seconds)].map(inMilliseconds),
  ]);
  console.log(table(['apps', 'npm run render', 'median', 'least', 'most'], rows).join('\n'));
}
