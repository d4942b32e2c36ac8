import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PublishedImages } from '../../model/schema/published-images.ts';
import { TestRepository } from '../../test/delivery/repository.ts';
import { writePublished } from '../delivery/images-file.ts';
import { listOfChanges } from './markdown.ts';
import { notesOf } from './notes.ts';
import { changesBetween } from './source-changes.ts';

// Many processes of Git, on machines that are busy.
vi.setConfig({ testTimeout: 120_000 });

let world: TestRepository;
beforeEach(async () => {
  world = await TestRepository.make();
});
afterEach(() => world.remove());

const image = (n: number, source: string) => ({
  ...{ tag: `t${n}`, digest: `sha256:${String(n).repeat(64)}`, source },
});

/** Sources with a commit for each of these subjects, in the folder of `shop` unless the subject says another. */
async function sources(...subjects: string[]) {
  const person = await world.person();
  const commits = [person.commit];
  for (const subject of subjects) {
    const path = subject.startsWith('Docs') ? 'docs/a.md' : 'apps/shop/app.ts';
    commits.push(await world.commit(person.root, { [path]: subject }, subject));
  }
  const remote = await world.remote(person.root);
  const publish = (images: PublishedImages, replicas: number) =>
    remote.commit(async () => ({
      files: new Map([
        ['clusters/prod/images.yaml', writePublished(images)],
        ['manifests/prod/shop/deployment.yaml', deployment(replicas)],
      ]),
      replaces: ['clusters/prod/images.yaml', 'manifests/prod'],
      message: 'Publish prod',
    }));
  return { ...person, commits, remote, publish };
}

const deployment = (replicas: number) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop, namespace: shop }\nspec: { replicas: ${replicas} }\n`;

it('the notes of a publication name versions, their commits, all other commits, and the effects', async () => {
  const { commits, remote, publish, git, name } = await sources('Faster search', 'Docs of search');
  const [first = '', second = '', third = ''] = commits;
  await publish({ source: first, apps: { shop: { image: image(1, first), before: [] } } }, 1);
  const shop = { image: image(2, second), before: [{ image: image(1, first) }] };
  await publish({ source: third, apps: { shop, cart: { image: image(3, third), before: [] } } }, 2);
  const text = await notesOf(remote, { environment: 'prod', git });
  expect(text).toContain('## shop: from t1 (sha256:111111111111) to t2 (sha256:222222222222)');
  expect(text).toContain(`\n- Faster search (${name}, ${second.slice(0, 12)})\n`);
  expect(text).toContain('## cart: new, t3');
  expect(text).toContain(`## Other changes\n\n- Docs of search (${name}, ${third.slice(0, 12)})\n`);
  expect(text.match(/Faster search/g)).toHaveLength(1);
  expect(text).toContain('spec.replicas: 1 → 2');
});

it('the notes of a roll-back name who holds the app, and the commits that are gone', async () => {
  const { commits, remote, publish, git } = await sources('Faster search');
  const [first = '', second = ''] = commits;
  const shop = { image: image(2, second), before: [{ image: image(1, first) }] };
  await publish({ source: second, apps: { shop } }, 1);
  const hold = { left: [{ image: image(2, second) }], by: 'Ann' };
  await publish({ source: second, apps: { shop: { image: image(1, first), before: [], hold } } }, 1);
  const text = await notesOf(remote, { environment: 'prod', git });
  expect(text).toMatch(/Held by Ann\.\n\nRolled back, so that these are gone:\n\n- Faster search/);
  expect(text).not.toContain('Other changes');
});

it('the notes of a time begin at what ran before it', async () => {
  const { commits, remote, publish, git } = await sources('Faster search', 'Nicer search');
  for (const [n, source] of commits.entries())
    await publish({ source, apps: { shop: { image: image(n + 1, source), before: [] } } }, 1);
  const all = await notesOf(remote, { environment: 'prod', git, since: new Date('2001-01-01') });
  expect(all).toContain('From nothing to');
  expect(all).toContain('## shop: new, t3');
  const last = await notesOf(remote, { environment: 'prod', git });
  expect(last).toContain('Nicer search');
  expect(last).not.toContain('Faster search');
  const none = await notesOf(remote, { environment: 'prod', git, since: new Date(Date.now() + 60_000) });
  expect(none).not.toContain('## shop');
});

it('an environment to which nothing was published has none, with the command that publishes', async () => {
  const { remote, git } = await sources();
  await expect(notesOf(remote, { environment: 'prod', git })).rejects.toMatchObject({
    next: 'Publish first: npm run publish -- prod',
  });
});

it('a commit that this checkout lacks is named, with the command that fetches it', async () => {
  const { commits, git } = await sources();
  const found = await changesBetween(git, { from: 'f'.repeat(40), to: commits[0] ?? '' });
  expect(listOfChanges(found)).toContain('lacks ffffffffffff (git fetch --unshallow');
});

it('a subject cannot hide what follows, and a long list is counted', () => {
  const change = { commit: 'a'.repeat(40), author: 'Ann', subject: '<!-- [x](y) `z`' };
  const list = listOfChanges({ added: Array.from({ length: 53 }, () => change), removed: [], missing: [] });
  expect(list).toContain('- \\<!-- \\[x\\](y) \\`z\\` (Ann, aaaaaaaaaaaa)\n');
  expect(list).toContain('- … and 3 more\n');
});
