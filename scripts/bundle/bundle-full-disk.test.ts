import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ImageStore } from '../../images/oci/index.ts';
import { SmallDisk } from '../../test/delivery/small-disk.ts';
import { publish } from '../../test/registries/image-fixture.ts';
import { bundleContent } from './content.ts';
import { readBundle } from './read-bundle.ts';
import { writeBundle } from './write-bundle.ts';

// A disk that is really full: what Node says of it is Node's.

vi.setConfig({ testTimeout: 120_000 });

const probe = SmallDisk.mount('1m');
if (typeof probe !== 'string') probe.remove();
const why = typeof probe === 'string' ? `, not run: ${probe}` : '';

function disk(size: string): SmallDisk {
  const mounted = SmallDisk.mount(size);
  if (typeof mounted === 'string') throw new Error(mounted);
  onTestFinished(() => mounted.remove());
  return mounted;
}

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
const sum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** An image with a small layer and one that the disk has no space for, and a file of the engine. */
async function content() {
  const store = new ImageStore(join(folder, 'mirror'));
  const { digest } = await publish(store, 'example.org/one', 'v1', {
    ...{ platforms: ['linux/amd64'], index: false, layers: [200_000, 3_000_000] },
  });
  writeFileSync(join(folder, 'node.tar'), 'the image of the nodes');
  const made = await bundleContent({
    ...{ environment: 'dev', lock: 'of-the-lock', platform: 'linux/amd64', supply: 'build' },
    images: [{ store, path: 'example.org/one', tag: 'v1', ref: 'example.org/one:v1' }],
    cached: [],
    engineImages: new Map([['kindest/node:v1', join(folder, 'node.tar')]]),
    scratch: join(folder, 'scratch'),
  });
  return { made, digest };
}

describe.skipIf(why !== '')(`a disk that gets full half-way${why}`, () => {
  it('leaves no bundle of that name, and the next save goes on to the same one', async () => {
    const { made } = await content();
    const whole = join(folder, 'whole.bundle');
    await writeBundle(whole, made, quiet);
    const small = disk('1m');
    const file = join(small.folder, 'all.bundle');
    await expect(writeBundle(file, made, quiet)).rejects.toMatchObject({
      message: expect.stringContaining(`the disk is full at ${small.folder}`),
      next: expect.stringContaining('same command again'),
    });
    expect(existsSync(file)).toBe(false);
    small.grow('64m');
    const said: string[] = [];
    await writeBundle(file, made, { report: (line) => said.push(line) });
    expect(said[0]).toMatch(/^going on after [1-9]/);
    expect(sum(file)).toBe(sum(whole));
  });

  it('is named by a load, which keeps what it has taken and goes on there', async () => {
    const { made, digest } = await content();
    const file = join(folder, 'all.bundle');
    await writeBundle(file, made, quiet);
    const small = disk('1m');
    const to = {
      store: new ImageStore(join(small.folder, 'registry')),
      cache: small.folder,
      engine: join(small.folder, 'bundle'),
    };
    await expect(readBundle(file, to, { accept, ...quiet })).rejects.toMatchObject({
      message: expect.stringContaining(`the disk is full at ${small.folder}`),
      next: 'Free space on the disk, then type the same command again.',
    });
    expect(to.store.manifest('example.org/one', 'v1')).toBeUndefined();
    small.grow('64m');
    await readBundle(file, to, { accept, ...quiet });
    expect(to.store.manifest('example.org/one', 'v1')?.digest).toBe(digest);
  });
});
