import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeStaging, removeAbandoned } from './staging.ts';

// Each starts a process.
vi.setConfig({ testTimeout: 120_000 });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-staging-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const module = JSON.stringify(join(import.meta.dirname, 'staging.ts'));
const manifests = JSON.stringify(join(import.meta.dirname, '../render/write-difference.ts'));

/** Runs a module in a process of its own, until it prints; then the signal, and how it ended. */
async function until(code: string, signal: NodeJS.Signals) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill(signal);
  const [, ended] = await once(child, 'exit');
  return ended;
}

it('removes drafts of a killed process at once, and none of a running one', async () => {
  const mine = makeStaging(folder, '.render-');
  const code = `import { makeStaging } from ${module};
    makeStaging(${JSON.stringify(folder)}, '.render-'); console.log('made'); setInterval(() => {}, 1000);`;
  expect(await until(code, 'SIGKILL')).toBe('SIGKILL');
  expect(readdirSync(folder)).toHaveLength(2);
  removeAbandoned(folder, '.render-');
  expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([mine]);
});

it('removes drafts of another machine or an earlier version only after some time', () => {
  for (const name of [
    '.render-00000000-1-abc',
    '.render-old',
    '.render-00000000-1-now',
    'mine',
    '.other-old',
  ])
    mkdirSync(join(folder, name));
  for (const name of ['.render-00000000-1-abc', '.render-old', 'mine', '.other-old'])
    utimesSync(join(folder, name), 1, 1);
  removeAbandoned(folder, '.render-');
  expect(readdirSync(folder).sort()).toEqual(['.other-old', '.render-00000000-1-now', 'mine']);
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'finishes the moves and leaves no draft if %s arrives while manifests are written',
  async (signal) => {
    const code = `import { writeDifference } from ${manifests};
    import { writeSync } from 'node:fs';
    const files = new Map(Array.from({ length: 3000 }, (_, i) => ['dev/a/' + i + '.yaml', 'x'.repeat(2000)]));
    class Telling extends Map { get(key) { if (key === 'dev/a/10.yaml') writeSync(1, 'begun'); return super.get(key); } }
    writeDifference(${JSON.stringify(folder)}, new Telling(files), { changed: [...files.keys()], removed: [], foreign: [] });
    setInterval(() => {}, 1000);`;
    expect(await until(code, signal)).toBe(signal);
    expect(readdirSync(folder)).toEqual(['dev']);
    expect(readdirSync(join(folder, 'dev/a'))).toHaveLength(3000);
  },
);
