import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TestRepository } from '../../test/delivery/repository.ts';
import { gitIn } from './git.ts';
import { SourceCommit } from './render-commit.ts';
import { changedSince, committedSource, inputsDiffer, refuseOlderSources, runningSource } from './sources.ts';

// Many processes of Git, on machines that are busy.
vi.setConfig({ testTimeout: 120_000 });

let world: TestRepository;
beforeEach(async () => {
  world = await TestRepository.make();
});
afterEach(() => world.remove());

describe('if one repository contains sources and manifests', () => {
  /** A person whose commit is the branch. */
  async function merged() {
    const person = await world.person();
    await person.git(['push', '--quiet', world.url, 'main']);
    const remote = await world.remote(person.root);
    const check = async (source: string) =>
      refuseOlderSources(remote, { source, head: await remote.head(), images: undefined });
    return { ...person, remote, check };
  }

  it('merged sources are published, also after other publications', async () => {
    const { commit, check, remote } = await merged();
    await expect(check(commit)).resolves.toBeUndefined();
    await remote.commit(async () => ({
      files: new Map([
        ['clusters/prod/images.yaml', 'a'],
        ['manifests/prod/a.yaml', 'a'],
      ]),
      replaces: ['clusters/prod/images.yaml', 'manifests/prod'],
      message: 'Publish prod',
    }));
    await expect(check(commit)).resolves.toBeUndefined();
  });

  it('an unpushed commit is refused, with the command that pushes it', async () => {
    const { root, check } = await merged();
    const later = await world.commit(root, { 'apps/shop/app.ts': '2' }, 'Later');
    await expect(check(later)).rejects.toMatchObject({
      message: expect.stringContaining('is not in branch main'),
      next: expect.stringContaining(`git push ${world.url} HEAD:main`),
    });
  });

  it('sources older than merged ones are refused, with a file that differs', async () => {
    const { root, git, commit, check } = await merged();
    await world.commit(root, { 'apps/shop/app.ts': '2' }, 'Later');
    await git(['push', '--quiet', world.url, 'main']);
    await expect(check(commit)).rejects.toThrow('has newer sources');
    await expect(check(commit)).rejects.toThrow('apps/shop/app.ts');
  });

  it('the running source is the branch, fetched if the checkout does not have it', async () => {
    const { root, git, remote, commit } = await merged();
    const { commit: head = '' } = await remote.commit(async () => ({
      files: new Map([['manifests/prod/a.yaml', 'a']]),
      replaces: ['manifests/prod'],
      message: 'Publish prod',
    }));
    const images = { source: commit, apps: {} };
    expect(await runningSource(root, remote, { head, images })).toBe(head);
    await expect(git(['cat-file', '-e', head])).resolves.toBeDefined();
  });
});

describe('if the manifests have a repository of their own', () => {
  async function apart() {
    const person = await world.person();
    const remote = await world.remote(person.root);
    await remote.commit(async () => ({
      files: new Map([['manifests/prod/a.yaml', 'a']]),
      replaces: ['manifests/prod'],
      message: 'Publish prod',
    }));
    const head = await remote.head();
    const later = await world.commit(person.root, { 'apps/shop/app.ts': '2' }, 'Later');
    const check = (source: string, published: string) =>
      refuseOlderSources(remote, { source, head, images: { source: published, apps: {} } });
    return { ...person, remote, head, later, check };
  }

  it('sources that descend from the published ones are accepted, older ones refused', async () => {
    const { commit, later, check } = await apart();
    await expect(check(later, commit)).resolves.toBeUndefined();
    await expect(check(commit, commit)).resolves.toBeUndefined();
    await expect(check(commit, later)).rejects.toThrow(`${later.slice(0, 12)} was published`);
  });

  it('sources are refused if the published commit is missing here', async () => {
    const { later, check } = await apart();
    await expect(check(later, 'f'.repeat(40))).rejects.toThrow('does not follow from it');
  });

  it('the running source is the published commit', async () => {
    const { root, remote, head = '', commit } = await apart();
    expect(await runningSource(root, remote, { head, images: { source: commit, apps: {} } })).toBe(commit);
  });
});

it('sources that an interrupted command unpacked are removed by the next one, with their entry in the list of worktrees', async () => {
  const { root, git, commit } = await world.person();
  const temporary = join(world.folder, 'tmp');
  mkdirSync(temporary);
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
  const module = JSON.stringify(join(import.meta.dirname, 'render-commit.ts'));
  const code = `import { SourceCommit } from ${module};
    await SourceCommit.open(${JSON.stringify(root)}, '${commit}');
    process.kill(process.pid, 'SIGINT');
    setInterval(() => {}, 1000);`;
  const { signal } = await execa(process.execPath, ['--input-type=module', '--eval', code], {
    reject: false,
  });
  expect(signal).toBe('SIGINT');
  expect(readdirSync(temporary)).toHaveLength(1);
  const worktrees = async () =>
    (await git(['worktree', 'list', '--porcelain'])).match(/^worktree /gm)?.length;
  expect(await worktrees()).toBe(2);
  const next = await SourceCommit.open(root, commit);
  expect(readdirSync(temporary)).toHaveLength(1);
  expect(await worktrees()).toBe(2);
  await next.close();
  expect(readdirSync(temporary)).toEqual([]);
  expect(await worktrees()).toBe(1);
});

describe('a checkout with a part of the history', () => {
  /** A checkout with the last of three commits. */
  async function shallow() {
    const { root, git, commit } = await world.person();
    await world.commit(root, { 'apps/shop/app.ts': '2' }, 'Second');
    const last = await world.commit(root, { 'apps/shop/app.ts': '3' }, 'Third');
    await git(['push', '--quiet', world.url, 'main']);
    const clone = join(world.folder, 'shallow');
    await git(['clone', '--quiet', '--depth=1', `file://${world.url}`, clone]);
    return { clone, first: commit, last };
  }

  it('is told to fetch the rest, not to rebase', async () => {
    const { clone, first, last } = await shallow();
    const remote = await world.remote(clone, { url: join(world.folder, 'other.git') });
    const head = 'f'.repeat(40);
    await expect(
      refuseOlderSources(remote, { source: last, head: first, images: { source: first, apps: {} } }),
    ).rejects.toMatchObject({ next: expect.stringContaining('git fetch --unshallow') });
    await expect(changedSince(gitIn(clone), head, last)).rejects.toMatchObject({
      message: expect.stringContaining('does not have the commit ffff'),
      next: expect.stringContaining('git fetch --unshallow'),
    });
    await expect(SourceCommit.open(clone, first)).rejects.toMatchObject({
      next: expect.stringContaining('git fetch --unshallow'),
    });
  });

  it('a whole one is told to fetch a missing commit', async () => {
    const { git, commit } = await world.person();
    await expect(changedSince(git, 'f'.repeat(40), commit)).rejects.toMatchObject({
      next: expect.stringContaining('git fetch --all'),
    });
  });
});

it('paths since commits without common history cannot be told, which is no bug', async () => {
  const { git, commit } = await world.person();
  await git(['checkout', '--quiet', '--orphan', 'other']);
  await git(['commit', '--quiet', '-m', 'Other']);
  await expect(changedSince(git, commit, 'HEAD')).rejects.toMatchObject({
    name: 'Failure',
    next: expect.stringContaining('--app NAME'),
  });
});

it('a repository that is gone between two steps is told as such', async () => {
  const { root, git, commit } = await world.person();
  await git(['push', '--quiet', world.url, 'main']);
  const remote = await world.remote(root);
  await remote.head();
  renameSync(world.url, `${world.url}.aside`);
  await expect(
    runningSource(root, remote, { head: commit, images: { source: commit, apps: {} } }),
  ).rejects.toMatchObject({
    name: 'Failure',
    message: expect.stringContaining('there is no repository'),
  });
});

it('a folder that is no checkout is refused', async () => {
  await expect(world.remote(world.folder)).rejects.toMatchObject({
    name: 'Failure',
    next: expect.stringContaining('git clone'),
  });
});

describe('the files that a render of prod reads', () => {
  it.each([
    ['clusters/prod/cluster.yaml', true],
    ['apps/shop/app.ts', true],
    ['package-lock.json', true],
    ['clusters/staging/cluster.yaml', false],
    ['clusters/prod/images.yaml', false],
    ['manifests/prod/shop/deployment.yaml', false],
    ['docs/shop.md', false],
    ['appsmith/readme.md', false],
  ])('differ if %s does: %s', async (path, differs) => {
    const { root, commit } = await world.person();
    const remote = await world.remote(root);
    const later = await world.commit(root, { [path]: 'changed' }, 'Later');
    expect(await inputsDiffer(remote, 'prod', { from: commit, to: later })).toBe(differs);
  });

  it('are the same in one commit, and differ from those of a commit that is missing here', async () => {
    const { root, commit } = await world.person();
    const remote = await world.remote(root);
    expect(await inputsDiffer(remote, 'prod', { from: commit, to: commit })).toBe(false);
    expect(await inputsDiffer(remote, 'prod', { from: 'f'.repeat(40), to: commit })).toBe(true);
  });
});

it('uncommitted files are refused by name', async () => {
  const { root, git, commit } = await world.person();
  expect(await committedSource(git)).toBe(commit);
  writeFileSync(join(root, 'apps/shop/new.ts'), '');
  await expect(committedSource(git)).rejects.toThrow('apps/shop/new.ts: not committed');
});
