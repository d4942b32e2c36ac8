import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestRepository } from '../../test/delivery/repository.ts';
import { committedSource, inputsDiffer, refuseOlderSources, runningSource } from './sources.ts';

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
