import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ensureProgram } from '../../images/index.ts';
import { headManifest, ImageStore } from '../../images/oci/index.ts';
import { pushShop } from '../../test/delivery/push-shop.ts';
import { TestRegistry } from '../../test/delivery/registry.ts';
import { TestRepository } from '../../test/delivery/repository.ts';
import { SmallDisk } from '../../test/delivery/small-disk.ts';
import { publish as putImage } from '../../test/registries/image-fixture.ts';
import { ManifestRemote } from './manifest-remote.ts';
import { SourceCommit } from './render-commit.ts';

// A disk that is really full: what Git, Node and the registry say of it is theirs.

vi.setConfig({ testTimeout: 600_000 });
afterEach(() => vi.unstubAllEnvs());

const probe = SmallDisk.mount('1m');
if (typeof probe !== 'string') probe.remove();
const why = typeof probe === 'string' ? `, not run: ${probe}` : '';

function disk(size: string): SmallDisk {
  const mounted = SmallDisk.mount(size);
  if (typeof mounted === 'string') throw new Error(mounted);
  onTestFinished(() => mounted.remove());
  return mounted;
}

describe.skipIf(why !== '')(`a disk that gets full half-way${why}`, () => {
  it.each([
    ['512k', 'before the commit'],
    ['768k', 'while it is made'],
  ])(
    'of this machine (%s) publishes nothing, and the same command continues when there is space',
    async (size) => {
      const world = await TestRepository.make();
      onTestFinished(() => world.remove());
      const { root } = await world.person();
      const small = disk(size);
      const options = { root, cluster: 'test', gitDir: join(small.folder, 'published.git') };
      const publish = async () => {
        const remote = await ManifestRemote.open({ url: world.url, branch: 'main' }, options);
        // Text that does not become smaller in Git.
        const text = Array.from({ length: 40_000 }, (_, n) => Math.sin(n).toString(36)).join('\n');
        const files = new Map([['manifests/prod/a.yaml', text]]);
        return remote.commit(async () => ({ files, replaces: ['manifests/prod'], message: 'Publish prod' }));
      };
      const failed = publish();
      await expect(failed).rejects.toThrow('the disk is full');
      await expect(failed).rejects.toMatchObject({ next: expect.stringContaining('same command again') });
      expect((await world.git(['for-each-ref'])).trim()).toBe('');
      small.grow('64m');
      expect(await publish()).toMatchObject({ changed: true });
      expect((await world.git(['ls-tree', '-r', '--name-only', 'main'])).trim()).toBe(
        'manifests/prod/a.yaml',
      );
    },
  );

  it('of the manifest repository leaves the branch as it is, and the same command continues when there is space', async () => {
    const world = await TestRepository.make();
    onTestFinished(() => world.remove());
    const { root } = await world.person();
    const small = disk('1m');
    const url = join(small.folder, 'remote.git');
    await world.git(['clone', '--quiet', '--bare', world.url, url]);
    const remote = await world.remote(root, { url });
    const text = Array.from({ length: 200_000 }, (_, n) => Math.sin(n).toString(36)).join('\n');
    const publish = () =>
      remote.commit(async () => ({
        files: new Map([['manifests/prod/a.yaml', text]]),
        replaces: ['manifests/prod'],
        message: 'Publish prod',
      }));
    const failed = publish();
    await expect(failed).rejects.toMatchObject({ next: expect.stringContaining('same command again') });
    await expect(failed).rejects.toThrow(/disk is full|no space left/i);
    small.grow('64m');
    expect(await publish()).toMatchObject({ changed: true });
  });

  it('of the temporary folder, where the sources are unpacked, leaves no worktree, and the next attempt has them', async () => {
    const world = await TestRepository.make();
    onTestFinished(() => world.remove());
    const text = Array.from({ length: 200_000 }, (_, n) => Math.sin(n).toString(36)).join('\n');
    const { root, commit, git } = await world.person({ 'apps/shop/app.ts': text });
    const small = disk('1m');
    vi.stubEnv('TMPDIR', small.folder);
    const failed = SourceCommit.open(root, commit);
    await expect(failed).rejects.toThrow(`cannot be unpacked below ${small.folder}`);
    await expect(failed).rejects.toMatchObject({ next: expect.stringContaining(`df -h ${small.folder}`) });
    expect((await git(['worktree', 'list'])).trim().split('\n')).toHaveLength(1);
    small.grow('64m');
    const sources = await SourceCommit.open(root, commit);
    expect(readFileSync(join(sources.folder, 'apps/shop/app.ts'), 'utf8')).toBe(text);
    await sources.close();
  });

  it('of the registry leaves no manifest with that name, and the same command continues when there is space', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-full-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const small = disk('2m');
    const registry = await TestRegistry.start(await ensureProgram('registry', () => {}), {
      data: small.folder,
    });
    onTestFinished(() => registry.stop());
    vi.stubEnv('DOCKER_CONFIG', folder);
    vi.stubEnv('REGISTRY_AUTH_FILE', join(folder, 'auth.json'));
    vi.stubEnv('PLINTH_STATE', join(folder, 'state'));
    vi.stubEnv('PLINTH_PUBLISH_REGISTRY', `registry.test.localhost=${registry.url}`);
    const store = new ImageStore(join(folder, 'store'));
    const platform = 'linux/amd64';
    const { digest } = await putImage(store, 'host/shop', 'abc', {
      ...{ platforms: [platform], index: false, layers: [600_000, 3_000_000] },
    });
    const push = () => pushShop(store, platform);
    const failed = push();
    await expect(failed).rejects.toThrow('has no space for the image of shop');
    await expect(failed).rejects.toMatchObject({ next: expect.stringContaining('registry.storage') });
    expect(await headManifest({ url: registry.url, path: 'shop' }, 'abc')).toBeUndefined();
    small.grow('64m');
    expect(await push()).toBe(digest);
  });
});
