import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { hasSysResource, writeRuntimeShim } from './runtime-shim.ts';

const folder = mkdtempSync(join(tmpdir(), "plinth's shim "));
afterAll(() => rmSync(folder, { recursive: true }));

test('the capability is read from the bounding set', () => {
  expect(hasSysResource('CapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n')).toBe(false);
  expect(hasSysResource('CapBnd:\t000001ffffffffff\n')).toBe(true);
});

test('the capability is removed from a bundle and from an exec, and runc gets the arguments unchanged', async () => {
  const runc = join(folder, 'runc');
  const shim = join(folder, 'shim');
  writeFileSync(runc, '#!/bin/sh\nprintf "%s|" "$@"\n', { mode: 0o755 });
  await writeRuntimeShim(shim, runc);
  const floor = readFileSync('/proc/self/oom_score_adj', 'utf8').trim();
  const spec = (capabilities: string[], oomScoreAdj: number): string =>
    JSON.stringify({ process: { capabilities: { bounding: capabilities }, oomScoreAdj }, ociVersion: '1' });
  const bundle = join(folder, 'config.json');
  const exec = join(folder, 'process.json');
  writeFileSync(bundle, spec(['CAP_CHOWN', 'CAP_SYS_RESOURCE', 'CAP_KILL'], -998));
  writeFileSync(exec, spec(['CAP_SYS_RESOURCE'], 500));
  const made = await execa(shim, ['--root', '/r', 'create', '--bundle', folder, 'a b']);
  expect(made.stdout).toBe(`--root|/r|create|--bundle|${folder}|a b|`);
  expect(readFileSync(bundle, 'utf8')).toBe(spec(['CAP_CHOWN', 'CAP_KILL'], Number(floor)));
  await execa(shim, ['exec', `--process=${exec}`, 'a']);
  expect(readFileSync(exec, 'utf8')).toBe(spec([], 500));
  writeFileSync(exec, spec(['CAP_KILL', 'CAP_SYS_RESOURCE'], 500));
  await execa(shim, ['exec', '--process', exec, 'a']);
  expect(readFileSync(exec, 'utf8')).toBe(spec(['CAP_KILL'], 500));
});
