import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TestRepository } from '../../test/delivery/repository.ts';
import { writePublished } from '../delivery/images-file.ts';
import { offer, promotionBranch } from './branch.ts';
import type { Forge, PullRequest } from './forge.ts';
import { requireRunning } from './promote.ts';

// Many processes of Git, on machines that are busy.
vi.setConfig({ testTimeout: 120_000 });

let world: TestRepository;
beforeEach(async () => {
  world = await TestRepository.make();
});
afterEach(() => world.remove());

/** A forge that remembers what it was told. */
function rememberingForge(open: PullRequest[]) {
  const said: string[] = [];
  const forge: Forge = {
    open: async () => open,
    create: async ({ branch }) => {
      said.push(`create ${branch}`);
      const made = { number: 9, branch, url: 'https://forge/9' };
      open.push(made);
      return made;
    },
    update: async ({ number }, { body }) => void said.push(`update ${number}: ${body}`),
    close: async ({ number }) => void said.push(`close ${number}`),
  };
  return { forge, said };
}

const branch = (n: number, app = 'shop') => promotionBranch(app, 'prod', `sha256:${`${n}`.repeat(64)}`);

it('the branch has the names of app, environment and digest', () => {
  expect(branch(1)).toBe('promote/shop/prod/111111111111');
});

/** A commit that is to be offered. */
async function prepared() {
  const { root, git, commit: there } = await world.person();
  const remote = await world.remote(root);
  const change = { files: new Map([['a', '1']]), replaces: ['a'], message: 'Promote' };
  const commit = (await remote.make(change, undefined)) ?? '';
  return { remote, root, git, there, commit };
}

it('a newer digest removes branch and request of the older one, and no others', async () => {
  const { remote, git, there, commit } = await prepared();
  for (const each of [branch(1), branch(1, 'shop-api'), 'main'])
    await git(['push', '--quiet', world.url, `${there}:refs/heads/${each}`]);
  const { forge, said } = rememberingForge([
    { number: 1, branch: branch(1), url: '' },
    { number: 2, branch: branch(1, 'shop-api'), url: '' },
    { number: 3, branch: 'feature', url: '' },
  ]);
  const promotion = {
    app: 'shop',
    environment: 'prod',
    commit,
    source: there,
    title: 'Promote',
    body: 'risk',
  };
  const first = await offer(remote, forge, { ...promotion, branch: branch(2) });
  expect(first.superseded).toEqual([branch(1)]);
  expect(said).toEqual([`create ${branch(2)}`, 'close 1']);
  const left = (await world.git(['branch', '--format=%(refname:short)'])).trim().split('\n').sort();
  expect(left).toEqual(['main', branch(1, 'shop-api'), branch(2)].sort());
});

it('the same digest updates the open request', async () => {
  const { remote, there: source, commit } = await prepared();
  const { forge, said } = rememberingForge([]);
  const promotion = { app: 'shop', environment: 'prod', branch: branch(2), commit, source, title: 'Promote' };
  await offer(remote, forge, { ...promotion, body: 'first' });
  const { request } = await offer(remote, forge, { ...promotion, body: 'second' });
  expect(request?.number).toBe(9);
  expect(said).toEqual([`create ${branch(2)}`, 'update 9: second']);
});

it('without a forge only a branch is pushed', async () => {
  const { remote, there: source, commit } = await prepared();
  const promotion = {
    app: 'shop',
    environment: 'prod',
    branch: branch(2),
    commit,
    source,
    title: '',
    body: '',
  };
  const { request } = await offer(remote, undefined, promotion);
  expect(request).toBeUndefined();
  expect((await world.git(['rev-parse', branch(2)])).trim()).toBe(commit);
});

it('an older promotion that ends last leaves branch and request of the newer one, and pushes nothing', async () => {
  const { remote, root, git, there: older } = await prepared();
  const newer = await world.commit(root, { 'apps/shop/app.ts': '2' }, 'Version 2');
  await git(['push', '--quiet', world.url, 'main']);
  const head = await remote.head();
  const offered = async (n: number, source: string, forge: Forge) => {
    const change = { files: new Map([['a', `${n}`]]), replaces: ['a'] };
    const commit = await remote.make({ ...change, message: `Promote\n\nSource-Commit: ${source}\n` }, head);
    const promotion = { app: 'shop', environment: 'prod', branch: branch(n), title: '', body: '' };
    return offer(remote, forge, { ...promotion, commit: commit ?? '', source });
  };
  const { forge, said } = rememberingForge([]);
  await offered(3, newer, forge);
  const late = offered(2, older, forge);
  await expect(late).rejects.toThrow(
    `the branch ${branch(3)} of ${world.url} promotes newer sources of shop`,
  );
  expect(said).toEqual([`create ${branch(3)}`]);
  expect([...(await remote.branches('promote/*')).keys()]).toEqual([branch(3)]);
  // The newer one takes the place of the older one, also if a person added a commit there.
  await git(['push', '--quiet', world.url, `${older}:refs/heads/${branch(1)}`]);
  expect((await offered(3, newer, forge)).superseded).toEqual([branch(1)]);
});

it('a promotion ends if the environment no longer runs the version', async () => {
  const { remote } = await prepared();
  const image = (n: number) => ({
    tag: `t${n}`,
    digest: `sha256:${`${n}`.repeat(64)}`,
    source: 'a'.repeat(40),
  });
  const file = 'clusters/staging/images.yaml';
  await remote.commit(async () => ({
    files: new Map([
      [file, writePublished({ source: 'a'.repeat(40), apps: { shop: { image: image(3), before: [] } } })],
    ]),
    replaces: [file],
    message: 'Publish staging',
  }));
  const running = (n: number) =>
    requireRunning(remote, { app: 'shop', from: 'staging', version: { image: image(n) } });
  await expect(running(3)).resolves.toBeUndefined();
  await expect(running(2)).rejects.toThrow('staging no longer runs t2 (sha256:222222222222) of shop, but t3');
});
