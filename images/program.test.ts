import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeGo, fakeGo } from '../test/images/fake-go.ts';
import { containerPlatform, ownPlatform } from './engine/platform.ts';
import { parseLock } from './lock/read.ts';
import type { Lock } from './lock/schema.ts';
import { digestOf } from './oci/digest.ts';
import { ImageStore } from './oci/image-store.ts';
import { tar } from './oci/tar.ts';

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

/** Answers requests to the internet; returns their number. */
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

it('downloads if images are pulled, and sends no request the next time, in any mode', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  const asked = answer('downloaded');
  const path = await ensure(lockOf('downloaded'));
  expect(readFileSync(path, 'utf8')).toBe('downloaded');
  vi.stubEnv('PLINTH_SUPPLY', 'build');
  expect(await ensure(lockOf('downloaded'))).toBe(path);
  expect(asked()).toBe(1);
});

it('builds if images are built', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'build');
  const asked = answer('downloaded');
  expect(readFileSync(await ensure(lockOf('downloaded')), 'utf8')).toBe('built\n');
  expect(asked()).toBe(0);
});

it('takes a program that was built before, without a request', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'build');
  const built = await ensure(lockOf('downloaded'));
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  const asked = answer('downloaded');
  expect(await ensure(lockOf('downloaded'))).toBe(built);
  expect(asked()).toBe(0);
});

it('builds if the lock file has no checksum for this platform', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  const asked = answer('downloaded');
  const other = ownPlatform() === 'darwin/arm64' ? 'linux/arm64' : 'darwin/arm64';
  expect(readFileSync(await ensure(lockOf('downloaded', other)), 'utf8')).toBe('built\n');
  expect(asked()).toBe(0);
});

it('fails instead of building if a download has another checksum', async () => {
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  answer('a page to log in');
  await expect(ensure(lockOf('downloaded'))).rejects.toThrow('Nothing of it is used.');
  expect(said.at(-1)).toBe('pause v3.10: downloading');
  expect(() => readFileSync(join(go.dir, 'cache', 'programs'))).toThrow('ENOENT');
});

describe.runIf(process.platform === 'linux')('a program of which only an image is published', () => {
  /** Puts an image into the mirror's folder, each layer with this content of /pause, and returns a lock file that names it. */
  async function lockWithImage(...contents: (string | Buffer)[]): Promise<Lock> {
    const store = new ImageStore(join(go.dir, 'cache', 'registry'));
    const path = 'registry.k8s.io/pause';
    const [os, architecture] = containerPlatform().split('/');
    const types = 'application/vnd.oci.image';
    const put = async (mediaType: string, content: Buffer) => ({
      mediaType,
      ...(await store.putBlob(path, content)),
    });
    const layers = [];
    for (const content of contents) {
      const entries = tar([{ path: 'pause', mode: 0o755, kind: 'file', content }]);
      layers.push(await put(`${types}.layer.v1.tar+gzip`, gzipSync(await buffer(entries))));
    }
    const config = await put(`${types}.config.v1+json`, Buffer.from(JSON.stringify({ os, architecture })));
    const manifest = JSON.stringify({ schemaVersion: 2, config, layers });
    const child = {
      mediaType: `${types}.manifest.v1+json`,
      digest: digestOf(manifest),
      size: manifest.length,
    };
    await store.putManifest(path, manifest);
    const index = { schemaVersion: 2, manifests: [{ ...child, platform: { os, architecture } }] };
    const digest = await store.putManifest(path, JSON.stringify(index), '3.10');
    return parseLock(
      `{kubernetes: v1.0.0, binaries: {pause: {version: v3.10, go: {wrapper: pause, packages: {pause: .}}}},
        images: {pause: {ref: "registry.k8s.io/pause:3.10", digest: "${digest}", build: {binaries: {/pause: pause}}}}}`,
      'lock.yaml',
    );
  }

  it('is extracted from the last layer of the image if images are pulled', async () => {
    vi.stubEnv('PLINTH_SUPPLY', 'pull');
    const path = await ensure(await lockWithImage('first', 'second'));
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(said).toEqual([
      'images are pulled, as PLINTH_SUPPLY says',
      'pause: pulling registry.k8s.io/pause:3.10',
    ]);
  });

  it('is built if images are built', async () => {
    vi.stubEnv('PLINTH_SUPPLY', 'build');
    expect(readFileSync(await ensure(await lockWithImage('in the image')), 'utf8')).toBe('built\n');
  });

  it('is built if its binary in the image needs a dynamic loader that this machine lacks', async () => {
    vi.stubEnv('PLINTH_SUPPLY', 'pull');
    expect(readFileSync(await ensure(await lockWithImage(dynamicProgram('/lib/ld-none.so.1'))), 'utf8')).toBe(
      'built\n',
    );
    expect(said).toContain(
      'pause: that of registry.k8s.io/pause:3.10 needs /lib/ld-none.so.1, which is not here',
    );
  });
});

/** The head of an executable of Linux that `interpreter` loads. */
function dynamicProgram(interpreter: string): Buffer {
  const head = Buffer.alloc(0x80 + interpreter.length + 1);
  head.write('\x7fELF', 'latin1');
  head.writeBigUInt64LE(0x40n, 0x20);
  head.writeUInt16LE(0x38, 0x36);
  head.writeUInt16LE(1, 0x38);
  head.writeUInt32LE(3, 0x40);
  head.writeBigUInt64LE(0x80n, 0x48);
  head.writeBigUInt64LE(BigInt(interpreter.length + 1), 0x60);
  head.write(interpreter, 0x80, 'latin1');
  return head;
}
