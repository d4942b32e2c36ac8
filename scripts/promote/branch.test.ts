import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TestRepository } from '../../test/delivery/repository.ts';
import { offer, promotionBranch } from './branch.ts';
import type { Forge, PullRequest } from './forge.ts';

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
  return { remote, git, there, commit };
}

it('a newer digest removes branch and request of the older one, and no others', async () => {
  const { remote, git, there: pushed, commit } = await prepared();
  for (const each of [branch(1), branch(1, 'shop-api'), 'main'])
    await git(['push', '--quiet', world.url, `${pushed}:refs/heads/${each}`]);
  const { forge, said } = rememberingForge([
    { number: 1, branch: branch(1), url: '' },
    { number: 2, branch: branch(1, 'shop-api'), url: '' },
    { number: 3, branch: 'feature', url: '' },
  ]);
  const promotion = { app: 'shop', environment: 'prod', commit, title: 'Promote', body: 'risk' };
  const first = await offer(remote, forge, { ...promotion, branch: branch(2) });
  expect(first.superseded).toEqual([branch(1)]);
  expect(said).toEqual([`create ${branch(2)}`, 'close 1']);
  const there = (await world.git(['branch', '--format=%(refname:short)'])).trim().split('\n').sort();
  expect(there).toEqual(['main', branch(1, 'shop-api'), branch(2)].sort());
});

it('the same digest updates the open request', async () => {
  const { remote, commit } = await prepared();
  const { forge, said } = rememberingForge([]);
  const promotion = { app: 'shop', environment: 'prod', branch: branch(2), commit, title: 'Promote' };
  await offer(remote, forge, { ...promotion, body: 'first' });
  const { request } = await offer(remote, forge, { ...promotion, body: 'second' });
  expect(request?.number).toBe(9);
  expect(said).toEqual([`create ${branch(2)}`, 'update 9: second']);
});

it('without a forge only a branch is pushed', async () => {
  const { remote, commit } = await prepared();
  const promotion = { app: 'shop', environment: 'prod', branch: branch(2), commit, title: '', body: '' };
  const { request } = await offer(remote, undefined, promotion);
  expect(request).toBeUndefined();
  expect((await world.git(['rev-parse', branch(2)])).trim()).toBe(commit);
});
