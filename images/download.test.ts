import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseLock } from '../model/lock.ts';
import { downloadAll } from './download.ts';
import { type Recipe, recipeOf } from './go-recipe.ts';
import { containerPlatform } from './platform.ts';

const content = 'an executable';

let dir: string;
let said: string[];
const options = { report: (message: string): void => void said.push(message) };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plinth-download-'));
  said = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(dir, { recursive: true, force: true });
});

/** A recipe whose only executable is published with the checksum of this content. */
function recipe(published: string): Recipe {
  const sha256 = createHash('sha256').update(published).digest('hex');
  const platform = containerPlatform();
  const text = `{kubernetes: v1.0.0, binaries: {pause: {version: v3.10, go: {wrapper: pause, packages: {pause: .}}, download: {pause: {url: "https://example.org/pause", sha256: "${sha256}", platform: ${platform}}}}}}`;
  return recipeOf(parseLock(text, 'lock.yaml'), 'pause');
}

it('takes what has the checksum', async () => {
  vi.stubGlobal('fetch', async () => new Response(content));
  expect(await downloadAll(recipe(content), dir, options)).toBe(true);
  expect(readFileSync(join(dir, 'pause'), 'utf8')).toBe(content);
});

it('refuses what has another checksum', async () => {
  vi.stubGlobal('fetch', async () => new Response('a page to log in'));
  expect(await downloadAll(recipe(content), dir, options)).toBe(false);
  expect(said.at(-1)).toBe(
    'pause v3.10: https://example.org/pause has another checksum; building it instead',
  );
});

it('goes on without where nothing answers', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('fetch failed');
  });
  expect(await downloadAll(recipe(content), dir, options)).toBe(false);
  expect(said.at(-1)).toBe('pause v3.10: fetch failed; building it instead');
});

it('does not ask where nothing is published', async () => {
  const fetch = vi.fn();
  vi.stubGlobal('fetch', fetch);
  expect(await downloadAll({ ...recipe(content), downloads: {} }, dir, options)).toBe(false);
  expect(await downloadAll({ ...recipe(content), platform: 'linux/riscv64' }, dir, options)).toBe(false);
  expect(fetch).not.toHaveBeenCalled();
});
