import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { expectedDuration, noteDuration, readDurations } from './durations.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-durations-'));
  vi.stubEnv('PLINTH_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('records the last duration of a passed part', () => {
  expect(readDurations()).toEqual({});
  noteDuration('types', 11.2);
  noteDuration('unit tests', 100);
  noteDuration('types', 9.9);
  expect(readDurations()).toEqual({ types: 10, 'unit tests': 100 });
});

test.each(['', '[]', '{"types": "long"}'])('ignores the invalid record %j', (text) => {
  noteDuration('types', 1);
  const file = join(folder, 'cache', 'test-durations.json');
  expect(existsSync(file)).toBe(true);
  writeFileSync(file, text);
  expect(readDurations()).toEqual({});
});

test('prints the last duration here, and the usual one if unknown', () => {
  const known = { types: 20, 'unit tests': 200, services: 380 };
  expect(expectedDuration(['types'], known, 'about 8 minutes')).toBe(
    'about a minute, as on this machine last time',
  );
  expect(expectedDuration(['types', 'unit tests', 'services'], known, 'about 8 minutes')).toBe(
    'about 10 minutes, as on this machine last time',
  );
  expect(expectedDuration(['types', 'e2e'], known, 'about 8 minutes')).toBe('about 8 minutes on two cores');
});
