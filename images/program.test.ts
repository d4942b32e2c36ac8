import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type FakeGo, fakeGo } from '../test/images/fake-go.ts';
import { ownPlatform } from './engine/platform.ts';
import { parseLock } from './lock/read.ts';
import type { Lock } from './lock/schema.ts';

let go: FakeGo;
let said: string[];
const report = (line: string): void => void said.push(line);

beforeEach(() => {
  go = fakeGo();
  said = [];
});
afterEach(() => {
  go.remove();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** A lock file whose only program is published with the checksum of this content, for the given platform. */
function lockOf(content: string, platform: string = ownPlatform()): Lock {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const text = `{kubernetes: v1.0.0, binaries: {pause: {version: v3.10, go: {wrapper: pause, packages: {pause: .}}, download: {pause: {url: "https://example.org/pause", sha256: {${platform}: "${sha256}"}}}}}}`;
  return parseLock(text, 'lock.yaml');
}

/** What the internet answers; returns how often it was asked. */
function answer(content: string): () => number {
  const fetch = vi.fn(async () => new Response(content));
  vi.stubGlobal('fetch', fetch);
  return () => fetch.mock.calls.length;
}

/** As another process would: nothing is remembered. */
async function ensure(lock: Lock): Promise<string> {
  vi.resetModules();
  const { ensureProgram } = await import('./program.ts');
  return ensureProgram('pause', report, { lock });
}

it('downloads where images are pulled, and asks nobody the next time, whatever is asked for then', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  const asked = answer('downloaded');
  const path = await ensure(lockOf('downloaded'));
  expect(readFileSync(path, 'utf8')).toBe('downloaded');
  vi.stubEnv('PLINTH_SUPPLY', 'build');
  expect(await ensure(lockOf('downloaded'))).toBe(path);
  expect(asked()).toBe(1);
});

it('builds where everything is built', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'build');
  const asked = answer('downloaded');
  expect(readFileSync(await ensure(lockOf('downloaded')), 'utf8')).toBe('built\n');
  expect(asked()).toBe(0);
});

it('takes what was built already, without asking anybody', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'build');
  const built = await ensure(lockOf('downloaded'));
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  const asked = answer('downloaded');
  expect(await ensure(lockOf('downloaded'))).toBe(built);
  expect(asked()).toBe(0);
});

it('builds where the checksum for this platform is not known', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  const asked = answer('downloaded');
  const other = ownPlatform() === 'darwin/arm64' ? 'linux/arm64' : 'darwin/arm64';
  expect(readFileSync(await ensure(lockOf('downloaded', other)), 'utf8')).toBe('built\n');
  expect(asked()).toBe(0);
});

it('never builds instead of a download that has another checksum', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  answer('a page to log in');
  await expect(ensure(lockOf('downloaded'))).rejects.toThrow('Nothing of it is used.');
  expect(said.at(-1)).toBe('pause v3.10: downloading');
  expect(() => readFileSync(join(go.dir, 'cache', 'programs'))).toThrow('ENOENT');
});
