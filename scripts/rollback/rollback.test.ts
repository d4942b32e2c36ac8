import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../../model/schema/cluster.ts';
import type { PublishedApp, PublishedImages, PublishedVersion } from '../../model/schema/published-images.ts';
import { environment } from '../../test/charts/fixture.ts';
import { TestRepository } from '../../test/delivery/repository.ts';
import { readPublished, writePublished } from '../delivery/images-file.ts';
import { readyCommits } from './last-ready.ts';
import { type RollbackOptions, rollbackIn } from './rollback.ts';
import { rolledBack, targetOf } from './target.ts';

// Many processes of Git, on machines that are busy.
vi.setConfig({ testTimeout: 120_000 });

const file = 'clusters/prod/images.yaml';
const digest = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const image = (n: number, source = 'a'.repeat(40)) => ({ tag: `t${n}`, digest: digest(n), source });
const version = (n: number): PublishedVersion => ({ image: image(n) });
const app = (...numbers: number[]): PublishedApp => {
  const [now = 0, ...before] = numbers;
  return { ...version(now), before: before.map(version) };
};
const nobody = new Set<string>();

describe('the version to which an app goes back', () => {
  it('is the last that was Ready', () => {
    const ready = new Set([digest(4), digest(2), digest(1)]);
    expect(targetOf('shop', app(4, 3, 2, 1), { ready }).version).toEqual(version(2));
  });

  it('is the previous one if the cluster does not answer', () => {
    expect(targetOf('shop', app(4, 3, 2), { ready: nobody }).version).toEqual(version(3));
  });

  it('is the named one, also by its first digits', () => {
    const named = { image: { ...image(9), digest: `sha256:${'9a'.repeat(32)}` } };
    const known = { ...app(4, 3), before: [version(3), named] };
    for (const to of [named.image.digest, '9a9a9a9a9a9a'])
      expect(targetOf('shop', known, { to, ready: nobody }).version).toEqual(named);
  });

  it.each([
    ['one that never ran', digest(7), 'no version of shop that ran before has the digest'],
    ['several', '000000000000', 'several versions of shop'],
    ['no digest', 'latest', 'no version'],
    ['a short one', '00', 'no version'],
  ])('is refused if %s is named, with the existing ones', (_, to, says) => {
    const failed = () => targetOf('shop', app(4, 3, 2), { to, ready: nobody });
    expect(failed).toThrow(says);
    expect(failed).toThrow(expect.objectContaining({ next: expect.stringContaining(digest(3)) }));
  });

  it('is refused if there is none', () => {
    expect(() => targetOf('shop', app(4), { ready: nobody })).toThrow(
      'no version of shop is known from before',
    );
  });
});

describe('an app that was rolled back', () => {
  it('goes further back the next time, and records what it left', () => {
    const once = rolledBack(app(4, 3, 2, 1), version(3), 'ann');
    expect(once).toEqual({
      ...version(3),
      hold: { left: [version(4)], by: 'ann' },
      before: [2, 1].map(version),
    });
    const twice = rolledBack(once, targetOf('shop', once, { ready: nobody }).version, 'ann');
    expect(twice.image).toEqual(image(2));
    expect(twice.hold?.left).toEqual([version(3), version(4)]);
  });

  it('keeps its migrations', () => {
    const known = { ...app(4, 3), migrations: image(8), before: [{ image: image(3), migrations: image(7) }] };
    expect(rolledBack(known, known.before[0] ?? {}, 'ann').migrations).toEqual(image(8));
  });

  it('records at most ten of a kind', () => {
    const many = app(...Array.from({ length: 11 }, (_, n) => 20 - n));
    const back = rolledBack(many, version(10), 'ann');
    expect(back.hold?.left).toHaveLength(10);
  });
});

it('counts only commits at which the Kustomization was Ready', () => {
  const entry = (lastReconciledStatus: string, metadata?: object) => ({ lastReconciledStatus, metadata });
  const history = [
    entry('HealthCheckFailed', { revision: `main@sha1:${'1'.repeat(40)}` }),
    entry('ReconciliationSucceeded', { revision: `main@sha1:${'2'.repeat(40)}` }),
    entry('ReconciliationSucceeded', {
      revision: `latest@sha256:${'3'.repeat(64)}`,
      originRevision: `main@sha1:${'4'.repeat(40)}`,
    }),
    entry('ReconciliationSucceeded'),
  ];
  expect(readyCommits({ status: { history } })).toEqual(['2'.repeat(40), '4'.repeat(40)]);
  expect(readyCommits({ metadata: {} })).toEqual([]);
});

it('no environment is chosen for a person: --env is required', async () => {
  const script = join(import.meta.dirname, '../rollback.ts');
  const { exitCode, stderr } = await execa(process.execPath, [script, 'shop'], { reject: false });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("required option '--env <name>' not specified");
});

describe('a roll-back', () => {
  let world: TestRepository;
  beforeEach(async () => {
    world = await TestRepository.make();
  });
  afterEach(() => world.remove());

  const migrations = 'apps/shop/migrations/';
  const first = { [`${migrations}001.sql`]: 'create table orders (id bigint, note text);\n' };

  /** A person whose sources had a second migration when version 2 was built, and a repository that runs version 2. */
  async function published(second: Record<string, string>, more: Partial<PublishedApp> = {}) {
    const person = await world.person(first);
    const next = await world.commit(person.root, { ...second, 'apps/shop/app.ts': '2' }, 'Version 2');
    const images: PublishedImages = {
      source: next,
      apps: {
        other: app(5, 4),
        shop: {
          image: image(2, next),
          migrations: { ...image(22, next), tag: 'm2' },
          before: [
            { image: image(1, person.commit), migrations: { ...image(11, person.commit), tag: 'm1' } },
          ],
          ...more,
        },
      },
    };
    const remote = await world.remote(person.root);
    await remote.commit(async () => ({
      files: new Map([[file, writePublished(images)], ...manifestsOf(images)]),
      replaces: [file, 'manifests/prod'],
      message: 'Publish prod',
    }));
    const printed: string[] = [];
    const rendered: string[] = [];
    const run = (given: Partial<RollbackOptions> = {}, during = async () => {}) =>
      rollbackIn(
        {
          app: 'shop',
          environment: 'prod',
          reviewed: [],
          dryRun: false,
          acceptRewritten: false,
          root: person.root,
          print: (text) => void printed.push(text),
          ...given,
        },
        cluster,
        {
          open: () => world.remote(person.root),
          ready: async () => [],
          requireImage: during,
          render: async (source, { images }) => {
            rendered.push(source);
            return manifestsOf(images);
          },
        },
      );
    const now = async () => readPublished('prod', await world.git(['show', `main:${file}`]));
    return { ...person, run, printed, rendered, now, next, images };
  }

  const cluster: Cluster = environment().cluster;

  function manifestsOf(images: PublishedImages): Map<string, string> {
    const line = (name: string, one: { tag: string; digest: string } | undefined) =>
      one === undefined ? '' : `image: ${name}:${one.tag}@${one.digest}\n`;
    return new Map(
      Object.entries(images.apps).map(([name, { image, migrations }]) => [
        `manifests/prod/${name}/deployment.yaml`,
        line(name, image) + line(`${name}-migrations`, migrations),
      ]),
    );
  }

  const added = { [`${migrations}002.sql`]: '-- More.\nalter table orders add column mail text;\n' };
  const removed = { [`${migrations}002.sql`]: '-- Less.\nalter table orders drop column note;\n' };

  it('is one commit that changes one image, holds the app and names its source', async () => {
    const { run, now, next, rendered, name } = await published(added);
    expect(await run()).toBe(0);
    const images = await now();
    expect(images?.apps.shop?.image?.digest).toBe(digest(1));
    expect(images?.apps.shop?.migrations?.digest).toBe(digest(22));
    expect(images?.apps.shop?.hold?.by).toBe(`${name} <${name}@example.org>`);
    expect(images?.apps.other).toEqual(app(5, 4));
    expect(rendered).toEqual([next]);
    const changed = await world.git(['diff', '--name-only', 'main~1', 'main']);
    expect(changed.trim().split('\n')).toEqual([file, 'manifests/prod/shop/deployment.yaml']);
    expect(await world.git(['log', '-1', '--format=%B', 'main'])).toContain(`Source-Commit: ${next}`);
  });

  it.each([
    ['takes a column away', removed, `${migrations}002.sql:2: it takes a column`],
    [
      'was changed after it ran',
      { [`${migrations}001.sql`]: 'create table orders (id int);\n' },
      `${migrations}001.sql:1: it was changed`,
    ],
    [
      'is a program',
      { [`${migrations}migrate.ts`]: 'drop();\n' },
      `${migrations}migrate.ts:1: it is a program`,
    ],
  ])('is refused if a migration in between %s, with its line', async (_, second, says) => {
    const { run, now, images } = await published(second);
    const refused = run();
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toMatchObject({ next: expect.stringContaining('--reviewed apps/shop/') });
    expect(await now()).toEqual(images);
  });

  it('is made if a person has reviewed that migration', async () => {
    const { run, now } = await published(removed);
    await run({ reviewed: [`${migrations}002.sql`] });
    expect((await now())?.apps.shop?.image?.digest).toBe(digest(1));
  });

  it('changes nothing with --dry-run', async () => {
    const { run, now, images, printed } = await published(added);
    expect(await run({ dryRun: true })).toBe(0);
    expect(printed.join()).toContain('from t2 (sha256:000000000000) to t1');
    expect(await now()).toEqual(images);
  });

  it('is refused if somebody else publishes the app at the same time', async () => {
    const { run, root, images } = await published(added);
    const other = await world.remote(root, { machine: 2 });
    const moved = { ...images, apps: { ...images.apps, shop: app(3, 2) } };
    const meanwhile = async () => {
      await other.commit(async () => ({
        files: new Map([[file, writePublished(moved)]]),
        replaces: [file],
        message: 'Publish',
      }));
    };
    await expect(run({}, meanwhile)).rejects.toThrow('somebody else published or rolled back shop');
  });

  it('is refused if the registry no longer has the image', async () => {
    const { run, now, images } = await published(added);
    const gone = async () => {
      throw new Error('the registry lacks it');
    };
    await expect(run({}, gone)).rejects.toThrow('the registry lacks it');
    expect(await now()).toEqual(images);
  });

  it('that arrived without an answer is not made twice', async () => {
    const { run, now, printed } = await published(added, {
      before: [image(1), image(0)].map((each) => ({ image: each })),
    });
    const aside = `${world.url}.aside`;
    world.loseAnswer('main', `mv "${world.url}" "${aside}"`);
    const reviewed = [`${migrations}001.sql`, `${migrations}002.sql`];
    await expect(run({ reviewed })).rejects.toThrow('the connection was lost');
    renameSync(aside, world.url);
    printed.length = 0;
    expect(await run({ reviewed })).toBe(0);
    expect(printed.join()).toContain('that was typed before arrived');
    expect((await now())?.apps.shop?.image?.digest).toBe(digest(1));
    // Typed once more, it is meant.
    expect(await run({ reviewed })).toBe(0);
    expect((await now())?.apps.shop?.image?.digest).toBe(digest(0));
  });

  it('is refused for an app without publications, with the published ones', async () => {
    const { run } = await published(added);
    await expect(run({ app: 'shpo' })).rejects.toMatchObject({
      message: "nothing was published of 'shpo' in prod.",
      next: 'Name one of: other, shop',
    });
  });

  it('uses the branch itself if sources and manifests share a repository', async () => {
    const { run, git, root, rendered, now } = await published(added);
    const head = (await world.git(['rev-parse', 'main'])).trim();
    await git(['fetch', '--quiet', world.url, 'main']);
    await git(['reset', '--quiet', '--hard', head]);
    expect(root).toBeTruthy();
    await run();
    expect(rendered).toEqual([head]);
    expect((await now())?.apps.shop?.image?.digest).toBe(digest(1));
  });
});
