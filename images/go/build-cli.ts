import { parseArgs } from 'node:util';
import { faultOf, readEntry } from '../cache/binary-cache.ts';
import { loadLock } from '../lock/read.ts';
import { neededBinaries } from '../lock/schema.ts';
import { buildBinaries } from './build.ts';
import { pruneGoCaches } from './caches.ts';
import { recipeOf } from './recipe.ts';

const usage = `node images/go/build-cli.ts [--times | --verify] [--prune] [NAME...]

Brings executables or components of images/lock.yaml into the cache and prints their paths; without a name, all that a cluster needs.
  --times   prints instead how long each took to build here
  --verify  compares the checksums of what the cache has
  --prune   removes go's module and build caches afterwards`;

await main(process.argv.slice(2));

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      times: { type: 'boolean', default: false },
      prune: { type: 'boolean', default: false },
      verify: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const lock = loadLock();
  const names = positionals.length > 0 ? positionals : neededBinaries(lock);
  if (values.times) {
    printTimes(names);
    return;
  }
  if (values.verify) {
    await verify(names);
    return;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const started = performance.now();
  const report = (message: string): void => {
    console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${message}`);
  };
  try {
    const paths = await buildBinaries(names, { report, signal: stop.signal });
    for (const path of paths.values()) console.log(path);
    if (values.prune) await pruneGoCaches(report);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function verify(names: string[]): Promise<void> {
  const lock = loadLock();
  for (const name of names) {
    const recipe = recipeOf(lock, name);
    const fault = await faultOf(recipe, true);
    console.log(`${recipe.component} ${recipe.version}: ${fault ?? 'as it was made'}`);
    if (fault !== undefined && fault !== 'missing') process.exitCode = 1;
  }
}

function printTimes(names: string[]): void {
  const lock = loadLock();
  let total = 0;
  for (const name of names) {
    const recipe = recipeOf(lock, name);
    const entry = readEntry(recipe);
    const size = Object.values(entry?.files ?? {}).reduce((sum, file) => sum + file.size, 0);
    total += entry?.seconds ?? 0;
    const what = entry
      ? `${entry.seconds.toFixed(1).padStart(7)} s ${String(Math.round(size / 2 ** 20)).padStart(5)} MiB`
      : 'not in the cache';
    console.log(`${recipe.component.padEnd(24)} ${recipe.version.padEnd(10)} ${what}`);
  }
  console.log(`${'all'.padEnd(24)} ${''.padEnd(10)} ${total.toFixed(1).padStart(7)} s`);
}
