import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ImageStore, tar } from '../../images/oci/index.ts';
import { publish } from '../../test/registries/image-fixture.ts';
import { bundleContent } from './content.ts';
import type { BundleIndex } from './index-file.ts';
import { refuseOther } from './load.ts';
import { readBundle } from './read-bundle.ts';
import { withBundleLock, writeBundle } from './write-bundle.ts';

// Each write waits for the disk, which others use too.
vi.setConfig({ testTimeout: 120_000 });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-bundle-'));
  vi.stubEnv('PLINTH_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const quiet = { report: () => {} };
const accept = () => {};

/** A small environment: an image, an index of two platforms, a program, and an image of the engine. */
async function small() {
  const store = new ImageStore(join(folder, 'mirror'));
  const one = await publish(store, 'example.org/one', 'v1', { platforms: ['linux/amd64'], index: false });
  const two = await publish(store, 'example.org/two', 'v2');
  mkdirSync(join(folder, 'cache/bin/kind/v1'), { recursive: true });
  writeFileSync(join(folder, 'cache/bin/kind/v1/kind'), 'a program', { mode: 0o755 });
  mkdirSync(join(folder, 'cache/images'));
  writeFileSync(join(folder, 'cache/images/one.json'), '{}');
  writeFileSync(join(folder, 'node.tar'), 'the image of the nodes');
  const content = await bundleContent({
    environment: 'dev',
    lock: 'of-the-lock',
    platform: 'linux/amd64',
    supply: 'build',
    images: [
      { store, path: 'example.org/one', tag: 'v1', ref: 'example.org/one:v1' },
      { store, path: 'example.org/two', tag: 'v2', ref: 'example.org/two:v2' },
    ],
    cached: ['bin/kind', 'images/one.json', 'images/not-there.json'],
    engineImages: new Map([['kindest/node:v1', join(folder, 'node.tar')]]),
    scratch: join(folder, 'scratch'),
  });
  return { content, file: join(folder, 'all.bundle'), one, two };
}

function destination(name = 'fresh') {
  const at = join(folder, name);
  return { store: new ImageStore(join(at, 'registry')), cache: at, engine: join(at, 'bundle') };
}

const sum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('a bundle', () => {
  it("transfers tagged images, the cache and the engine's images to a fresh machine", async () => {
    const { content, file, one, two } = await small();
    await writeBundle(file, content, quiet);
    const to = destination();
    const index = await readBundle(file, to, { accept, ...quiet });
    expect(index).toEqual(content.index);
    expect(to.store.manifest('example.org/one', 'v1')?.digest).toBe(one.digest);
    expect(to.store.manifest('example.org/two', 'v2')?.digest).toBe(two.digest);
    for (const digest of Object.values(two.manifests)) {
      expect(to.store.manifest('example.org/two', digest)?.digest).toBe(digest);
    }
    for (const layer of [...Object.values(one.layers), ...Object.values(two.layers)].flat()) {
      expect(to.store.blobSize(layer)).toBeGreaterThan(0);
    }
    expect(statSync(join(to.cache, 'bin/kind/v1/kind')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(to.engine, 'kindest_node_v1.tar'), 'utf8')).toBe('the image of the nodes');
  });

  it('is an OCI image layout in an archive that GNU tar reads', async () => {
    const { content, file, one, two } = await small();
    await writeBundle(file, content, quiet);
    await execa('tar', [
      '--extract',
      '--file',
      file,
      '--directory',
      folder,
      'oci-layout',
      'index.json',
      'blobs',
    ]);
    const { manifests } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
    expect(manifests).toMatchObject([
      { digest: one.digest, annotations: { 'org.opencontainers.image.ref.name': 'example.org/one:v1' } },
      { digest: two.digest, annotations: { 'org.opencontainers.image.ref.name': 'example.org/two:v2' } },
    ]);
    const hex = one.digest.replace('sha256:', '');
    expect(sum(join(folder, 'blobs/sha256', hex))).toBe(hex);
  });

  it('is continued after an interruption, and equals an uninterrupted one', async () => {
    const { content, file } = await small();
    await writeBundle(file, content, quiet);
    const whole = sum(file);
    const size = statSync(file).size;
    for (const left of [100, 5_000, Math.floor(size / 2), size - 600]) {
      writeFileSync(`${file}.partial`, readFileSync(file));
      truncateSync(`${file}.partial`, left);
      await writeBundle(file, content, quiet);
      expect(sum(file)).toBe(whole);
      expect(existsSync(`${file}.partial`)).toBe(false);
    }
  });

  it.each([600, 0.3, 0.6, 0.9])(
    'is not continued behind bytes that never reached the disk, at %d of it',
    async (part) => {
      const { content, file } = await small();
      await writeBundle(file, content, quiet);
      const whole = sum(file);
      const bytes = readFileSync(file);
      const lost = part < 1 ? Math.floor(bytes.length * part) : bytes.length - part * 2;
      writeFileSync(`${file}.partial`, bytes.fill(0, lost));
      await writeBundle(file, content, quiet);
      expect(sum(file)).toBe(whole);
    },
  );

  it('is written by one command at a time', async () => {
    const file = join(folder, 'all.bundle');
    // As another process that runs.
    mkdirSync(`${file}.lock`);
    writeFileSync(`${file}.pid`, `${process.ppid}\n`);
    await expect(withBundleLock(file, async () => 1)).rejects.toThrow(
      `(process ${process.ppid}) writes ${file}`,
    );
    rmSync(`${file}.lock`, { recursive: true });
    expect(await withBundleLock(file, async () => 2)).toBe(2);
  });

  it('does not continue a partial file with other content', async () => {
    const { content, file } = await small();
    await writeBundle(file, content, quiet);
    const whole = sum(file);
    writeFileSync(`${file}.partial`, 'something else, longer than nothing');
    await writeBundle(file, content, quiet);
    expect(sum(file)).toBe(whole);
  });

  it('writes no existing file again when it is loaded a second time', async () => {
    const { content, file } = await small();
    await writeBundle(file, content, quiet);
    const to = destination();
    await readBundle(file, to, { accept, ...quiet });
    const program = join(to.cache, 'bin/kind/v1/kind');
    const before = statSync(program, { bigint: true });
    await readBundle(file, to, { accept, ...quiet });
    expect(statSync(program, { bigint: true }).ino).toBe(before.ino);
  });
});

describe('a bundle is refused', () => {
  it('if it is truncated; the complete file then continues from there', async () => {
    const { content, file } = await small();
    await writeBundle(file, content, quiet);
    const bytes = readFileSync(file);
    truncateSync(file, Math.floor(bytes.length / 2));
    const to = destination();
    await expect(readBundle(file, to, { accept, ...quiet })).rejects.toMatchObject({
      next: 'Copy it again, then type the same command: what was taken stays.',
    });
    writeFileSync(file, bytes);
    await expect(readBundle(file, to, { accept, ...quiet })).resolves.toMatchObject({ environment: 'dev' });
  });

  it('if one byte of a layer or of a program differs', async () => {
    const { content, file } = await small();
    await writeBundle(file, content, quiet);
    const whole = readFileSync(file);
    for (const [text, says] of [
      ['a program', 'bin/kind/v1/kind has the checksum'],
      ['"linux/amd64"}', 'expected sha256:'],
    ] as const) {
      const damaged = Buffer.from(whole);
      const at = damaged.lastIndexOf(text);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(file, damaged);
      await expect(readBundle(file, destination(says), { accept, ...quiet })).rejects.toThrow(says);
    }
  });

  it('if it has a file that its index lacks', async () => {
    const { content, file } = await small();
    const index = { ...content.index, files: content.index.files.slice(0, -1) };
    const entries = content.index.files.map(({ path }) => ({
      ...{ path, mode: 0o644, kind: 'file' as const },
      source: content.sources.get(path) ?? '',
    }));
    const first = { path: 'bundle.json', mode: 0o644, kind: 'file' as const, content: JSON.stringify(index) };
    await pipeline(Readable.from(tar([first, ...entries])), createWriteStream(file));
    await expect(readBundle(file, destination(), { accept, ...quiet })).rejects.toThrow(
      "has 'engine/kindest_node_v1.tar', which its index does not name",
    );
  });

  it('if it is another kind of archive', async () => {
    const file = join(folder, 'notes.tar');
    writeFileSync(join(folder, 'notes'), 'text');
    await execa('tar', ['--create', '--file', file, '--directory', folder, 'notes']);
    await expect(readBundle(file, destination(), { accept, ...quiet })).rejects.toThrow(
      'is no bundle: its first entry is not bundle.json',
    );
  });

  it('if it does not exist, or if its save was interrupted', async () => {
    const file = join(folder, 'all.bundle');
    const load = () => readBundle(file, destination(), { accept, ...quiet });
    await expect(load()).rejects.toThrow(`there is no file ${file}.`);
    writeFileSync(`${file}.partial`, '');
    await expect(load()).rejects.toThrow(`${file} is not complete`);
  });

  it.each<[string, Partial<BundleIndex>, string]>([
    ['if it was saved with another lock file', { lock: 'other' }, 'was saved with another images/lock.yaml'],
    ['if it is for another processor', { platform: 'linux/other' }, 'is for linux/other, and this machine'],
  ])('%s', async (_, change, says) => {
    const { content } = await small();
    expect(() => refuseOther('all.bundle', { ...content.index, ...change }, 'of-the-lock')).toThrow(says);
  });

  it('on saving, if the mirror lacks one of its layers', async () => {
    const { one } = await small();
    const store = new ImageStore(join(folder, 'mirror'));
    await store.removeBlob(one.layers['linux/amd64']?.[0] ?? '');
    const parts = { environment: 'dev', lock: '', platform: '', supply: 'build' as const, cached: [] };
    const images = [{ store, path: 'example.org/one', tag: 'v1', ref: 'example.org/one:v1' }];
    await expect(
      bundleContent({ ...parts, images, engineImages: new Map(), scratch: folder }),
    ).rejects.toThrow('lacks sha256:');
  });
});
