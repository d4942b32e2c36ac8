import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { PublishedImages } from '../../model/schema/published-images.ts';
import { TestRepository } from '../../test/delivery/repository.ts';
import { withVersions } from '../publish/plan.ts';
import { readPublished, writePublished } from './images-file.ts';
import { remoteAddress } from './manifest-remote.ts';
import { environmentChange } from './push-manifests.ts';

// Many processes of Git, on machines that are busy.
vi.setConfig({ testTimeout: 300_000 });

let world: TestRepository;
beforeEach(async () => {
  world = await TestRepository.make();
});
afterEach(() => world.remove());

const imagesFile = 'clusters/prod/images.yaml';
const digest = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const source = 'a'.repeat(40);

/** Publishes an app on top of what the repository has, as `publish` does. */
async function publishApp(root: string, app: string, n: number, machine = 1) {
  const remote = await world.remote(root, { machine });
  return remote.commit(async (head) => {
    const before = {
      images: readPublished('prod', await remote.file(head, imagesFile)),
      manifests: await remote.files(head, 'manifests/prod'),
    };
    const version = { image: { tag: `t${n}`, digest: digest(n), source } };
    const images = withVersions(
      before.images,
      { [app]: version },
      { environment: 'prod', source, releaseHold: false },
    );
    return environmentChange('prod', before, { images, manifests: manifestsOf(images) }, `Publish ${app}`);
  });
}

/** A render: one manifest for each app that has an image. */
function manifestsOf(images: PublishedImages): Map<string, string> {
  return new Map(
    Object.entries(images.apps).map(([app, { image }]) => [
      `manifests/prod/${app}/deployment.yaml`,
      `image: ${app}:${image?.tag}@${image?.digest}\n`,
    ]),
  );
}

const files = (commit = 'main') =>
  world.git(['ls-tree', '-r', '--name-only', commit]).then((text) => text.trim().split('\n'));

describe('ten writers at once', () => {
  it('lose no change: ten commits with the manifests of ten apps', async () => {
    const { root } = await world.person();
    const done = await Promise.all(Array.from({ length: 10 }, (_, n) => publishApp(root, `app-${n}`, n, n)));
    expect(done.every(({ changed }) => changed)).toBe(true);
    expect(new Set(done.map(({ commit }) => commit)).size).toBe(10);
    expect(Number(await world.git(['rev-list', '--count', 'main']))).toBe(10);
    const images = readPublished('prod', await world.git(['show', `main:${imagesFile}`]));
    const apps = Array.from({ length: 10 }, (_, n) => `app-${n}`);
    expect(Object.keys(images?.apps ?? {})).toEqual(apps);
    for (const [n, app] of apps.entries()) {
      expect(images?.apps[app]?.image?.digest).toBe(digest(n));
      expect(await world.git(['show', `main:manifests/prod/${app}/deployment.yaml`])).toContain(digest(n));
    }
    // Some commits were rebuilt on others; otherwise this test would prove nothing.
    expect(done.some(({ tries }) => tries > 1)).toBe(true);
  });

  it('record all versions of one app, and the last one runs', async () => {
    const { root } = await world.person();
    await Promise.all(Array.from({ length: 4 }, (_, n) => publishApp(root, 'shop', n, n)));
    const shop = readPublished('prod', await world.git(['show', `main:${imagesFile}`]))?.apps.shop;
    const all = [shop, ...(shop?.before ?? [])].map((each) => each?.image?.digest);
    expect(all.sort()).toEqual([0, 1, 2, 3].map(digest));
  });
});

it('unchanged manifests are not committed again', async () => {
  const { root } = await world.person();
  await publishApp(root, 'shop', 1);
  expect(await publishApp(root, 'shop', 1)).toMatchObject({ changed: false });
  expect(Number(await world.git(['rev-list', '--count', 'main']))).toBe(1);
});

it('newer sources are recorded although no manifest has changed: previews are rendered from them', async () => {
  const { root } = await world.person();
  await publishApp(root, 'shop', 1);
  const remote = await world.remote(root);
  const newer = 'b'.repeat(40);
  const { changed } = await remote.commit(async (head) => {
    const images = readPublished('prod', await remote.file(head, imagesFile));
    const manifests = await remote.files(head, 'manifests/prod');
    const after = { images: { source: newer, apps: images?.apps ?? {} }, manifests };
    return environmentChange('prod', { images, manifests }, after, 'Publish prod');
  });
  expect(changed).toBe(true);
  expect(readPublished('prod', await world.git(['show', `main:${imagesFile}`]))?.source).toBe(newer);
});

it('foreign files stay, and those of a removed component are deleted', async () => {
  const { root, git } = await world.person({ 'README.md': 'hello', 'manifests/prod/old/a.yaml': 'a' });
  await git(['push', '--quiet', world.url, 'main']);
  await publishApp(root, 'shop', 1);
  expect(await files()).toEqual(['README.md', imagesFile, 'manifests/prod/shop/deployment.yaml']);
});

it("the commit has the author of the checkout's Git settings", async () => {
  const { root, name } = await world.person();
  await publishApp(root, 'shop', 1);
  expect((await world.git(['log', '-1', '--format=%an <%ae>', 'main'])).trim()).toBe(
    `${name} <${name}@example.org>`,
  );
});

it("the commit is signed if the checkout's Git settings require it", async () => {
  const { root, git, name } = await world.person();
  const key = join(world.folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const signers = join(world.folder, 'signers');
  const open = execFileSync('ssh-keygen', ['-y', '-f', key], { encoding: 'utf8' });
  writeFileSync(signers, `${name}@example.org ${open}`);
  await git(['config', 'gpg.format', 'ssh']);
  await git(['config', 'user.signingkey', key]);
  await git(['config', 'commit.gpgsign', 'true']);
  await publishApp(root, 'shop', 1);
  const verify = ['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', 'main'];
  await expect(world.git(verify)).resolves.toBeDefined();
  await git(['config', 'user.signingkey', join(world.folder, 'gone')]);
  await expect(publishApp(root, 'shop', 2)).rejects.toThrow('could not be made or signed');
  expect(Number(await world.git(['rev-list', '--count', 'main']))).toBe(1);
});

describe('a repository that others changed by force', () => {
  it('is refused with the missing commit, and accepted with --accept-rewritten', async () => {
    const { root } = await world.person();
    const { commit = '' } = await publishApp(root, 'shop', 1);
    const other = await world.person({ 'README.md': 'another history' });
    await other.git(['push', '--quiet', '--force', world.url, 'main']);
    const refused = publishApp(root, 'shop', 2);
    await expect(refused).rejects.toThrow(commit.slice(0, 12));
    await expect(refused).rejects.toMatchObject({ next: expect.stringContaining('--accept-rewritten') });
    await world.remote(root, { acceptRewritten: true });
    expect(await publishApp(root, 'shop', 2)).toMatchObject({ changed: true });
    expect(await files()).toContain('README.md');
  });

  it('is also refused if the branch is missing', async () => {
    const { root } = await world.person();
    await publishApp(root, 'shop', 1);
    await world.git(['update-ref', '-d', 'refs/heads/main']);
    await expect(publishApp(root, 'shop', 2)).rejects.toThrow('the branch is gone');
  });
});

describe('a push that is refused leaves the repository as it was', () => {
  it('if a hook refuses it, with the message of the hook', async () => {
    const { root } = await world.person();
    await publishApp(root, 'shop', 1);
    const hook = join(world.url, 'hooks/pre-receive');
    mkdirSync(join(world.url, 'hooks'), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho "only through pull requests" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const refused = publishApp(root, 'shop', 2);
    await expect(refused).rejects.toThrow('only through pull requests');
    await expect(refused).rejects.toThrow('refused the push to main; nothing was pushed');
    expect(Number(await world.git(['rev-list', '--count', 'main']))).toBe(1);
  });

  it.each([401, 403])(
    'if its token has expired (status %d), with the command for a login',
    async (status) => {
      const { root } = await world.person();
      const server = createServer((_, response) => response.writeHead(status).end());
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      onTestFinished(() => void server.close());
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/team/platform.git`;
      const remote = await world.remote(root, { url });
      const refused = remote.head();
      await expect(refused).rejects.toThrow(`${url} refused the login`);
      await expect(refused).rejects.toMatchObject({
        next: expect.stringContaining('token may have expired'),
      });
    },
  );

  it('if the connection breaks during the push', async () => {
    const { root } = await world.person();
    const server = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
      response.write('001e# service=git-upload-pack\n0000');
      request.socket.end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/team/platform.git`;
    const lost = (await world.remote(root, { url })).head();
    await expect(lost).rejects.toThrow('the connection was lost');
    await expect(lost).rejects.toMatchObject({
      next: expect.stringContaining('nothing is published partially'),
    });
  });

  it('if the repository cannot be reached', async () => {
    const { root } = await world.person();
    const remote = await world.remote(root, { url: join(world.folder, 'nowhere.git') });
    await expect(remote.head()).rejects.toThrow('there is no repository');
  });

  it('if the server kept a lock on the branch: it is not made again for it', async () => {
    const { root } = await world.person();
    await publishApp(root, 'shop', 1);
    writeFileSync(join(world.url, 'refs/heads/main.lock'), '');
    const remote = await world.remote(root);
    let made = 0;
    const refused = remote.commit(async () => {
      made++;
      return { files: new Map([['a', '1']]), replaces: ['a'], message: 'Publish' };
    });
    await expect(refused).rejects.toThrow('has a lock on main that nobody gives up');
    expect(made).toBe(1);
    rmSync(join(world.url, 'refs/heads/main.lock'));
    expect(await publishApp(root, 'shop', 2)).toMatchObject({ changed: true, tries: 1 });
  });
});

describe('a push that the server accepted, and whose answer was lost', () => {
  it('is done', async () => {
    const { root } = await world.person();
    await publishApp(root, 'shop', 1);
    world.loseAnswer();
    const { changed, commit } = await publishApp(root, 'shop', 2);
    expect(changed).toBe(true);
    expect((await world.git(['rev-parse', 'main'])).trim()).toBe(commit);
    expect(Number(await world.git(['rev-list', '--count', 'main']))).toBe(2);
  });

  it('is done also for a branch of its own', async () => {
    const { root, commit, git } = await world.person();
    await git(['push', '--quiet', world.url, 'main']);
    const remote = await world.remote(root);
    const head = await remote.head();
    const made = await remote.make(
      { files: new Map([['a', '1']]), replaces: ['a'], message: 'Promote' },
      head,
    );
    world.loseAnswer('promote/shop');
    await remote.pushBranch(made ?? '', 'promote/shop');
    expect((await world.git(['rev-parse', 'promote/shop~1'])).trim()).toBe(commit);
  });
});

it('an invalid images.yaml is refused with its place', async () => {
  const text = writePublished({ source, apps: {} }).replace('apps:', 'appps:');
  expect(() => readPublished('prod', text)).toThrow('clusters/prod/images.yaml:4:1');
});

it('an environment with an in-cluster repository is refused, with the command deploy', () => {
  expect(() => remoteAddress('dev', { source: { kind: 'in-cluster', storage: '1Gi' } })).toThrow(
    expect.objectContaining({ next: expect.stringContaining('npm run deploy -- --env dev') }),
  );
});
