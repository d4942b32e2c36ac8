import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { previewsFile } from '../../model/schema/previews.ts';
import { publishedImagesFile } from '../../model/schema/published-images.ts';
import { TestRepository } from '../../test/delivery/repository.ts';
import { writePublished } from '../delivery/images-file.ts';
import { changePreviews, type RenderPreviews } from './change-previews.ts';
import { isStale } from './close.ts';
import { withPreview } from './open.ts';
import { previewApps } from './preview-apps.ts';
import { readPreviews, type WrittenPreview, writePreviews } from './previews-file.ts';

// Many processes of Git, on machines that are busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const environment = 'staging';
const file = previewsFile(environment);

const preview = (request: number, expires = '2026-01-08T12:00:00Z'): WrittenPreview => ({
  request,
  source: 'd'.repeat(40),
  expires,
  by: 'Ann <ann@example.org>',
  apps: {
    shop: {
      description: {
        name: 'shop',
        summary: 'Sells.',
        image: { ref: 'docker.io/example/shop:1.0' },
        resources: { cpu: '10m', memory: '32Mi' },
      },
    },
  },
});

/** The result of a render: a manifest of the app, and one of each preview. */
const render: RenderPreviews = async (_source, { previews }) =>
  new Map([
    ['manifests/staging/shop/deployment-shop.yaml', 'kind: Deployment\n'],
    ...readPreviews(environment, previews).map(
      ({ request, source }) =>
        [
          `manifests/staging/pr-${request}-shop/deployment-pr-${request}-shop.yaml`,
          `source: ${source}\n`,
        ] as const,
    ),
  ]);

let repository: TestRepository;

beforeEach(async () => {
  repository = await TestRepository.make();
});

afterEach(() => repository.remove());

/** A checkout, and the manifest repository in which its commit was published. */
async function published() {
  const person = await repository.person();
  const remote = await repository.remote(person.root);
  await remote.commit(async () => ({
    files: new Map([
      [publishedImagesFile(environment), writePublished({ source: person.commit, apps: {} })],
      ['manifests/staging/shop/deployment-shop.yaml', 'kind: Deployment\n'],
    ]),
    replaces: [publishedImagesFile(environment), 'manifests/staging'],
    message: 'Publish\n',
  }));
  return { ...person, remote };
}

const show = (path: string) => repository.git(['show', `main:${path}`]);
const listed = async () =>
  (await repository.git(['ls-tree', '-r', '--name-only', 'main'])).trim().split('\n');

describe('previews in the manifest repository', () => {
  it('that five jobs open at once are all recorded, each in one commit that changes nothing else', async () => {
    const { root } = await published();
    const requests = [1, 2, 3, 4, 5];
    await Promise.all(
      requests.map(async (request) => {
        const remote = await repository.remote(root, { machine: request + 1 });
        const change = async (before: readonly WrittenPreview[]) =>
          withPreview(before, preview(request), { environment, limits: { max: 5 } });
        await changePreviews(remote, { environment, root, change, render, subject: `Preview ${request}` });
      }),
    );
    expect(readPreviews(environment, await show(file)).map(({ request }) => request)).toEqual(requests);
    expect(await listed()).toEqual([
      publishedImagesFile(environment),
      file,
      ...requests.map((request) => `manifests/staging/pr-${request}-shop/deployment-pr-${request}-shop.yaml`),
      'manifests/staging/shop/deployment-shop.yaml',
    ]);
    expect(Number(await repository.git(['rev-list', '--count', 'main']))).toBe(1 + requests.length);
  });

  it('are replaced by a newer commit, and closing the last one removes the file', async () => {
    const { root, remote } = await published();
    const change = (wanted: (before: readonly WrittenPreview[]) => WrittenPreview[] | undefined) =>
      changePreviews(remote, {
        ...{ environment, root, render },
        change: async (before) => wanted(before),
        subject: 'Change previews',
        trailers: ['Pull-Request: 12'],
      });
    const limits = { max: 1 };
    await change((before) => withPreview(before, preview(12), { environment, limits }));
    await change((before) =>
      withPreview(before, { ...preview(12), source: 'e'.repeat(40) }, { environment, limits }),
    );
    expect(await show('manifests/staging/pr-12-shop/deployment-pr-12-shop.yaml')).toBe(
      `source: ${'e'.repeat(40)}\n`,
    );
    expect(await repository.git(['log', '-1', '--format=%B', 'main'])).toMatch(
      /^Change previews\n\nSource-Commit: [0-9a-f]{40}\nPull-Request: 12\n/,
    );
    expect(
      await change((before) =>
        withPreview(before, { ...preview(12), source: 'e'.repeat(40) }, { environment, limits }),
      ),
    ).toMatchObject({ changed: false });
    await change(() => []);
    expect(await listed()).toEqual([
      publishedImagesFile(environment),
      'manifests/staging/shop/deployment-shop.yaml',
    ]);
    expect(await change(() => undefined)).toMatchObject({ changed: false });
  });

  it('are refused if nothing was published, or if the running sources do not support previews', async () => {
    const { root } = await repository.person();
    const remote = await repository.remote(root);
    const options = { environment, root, subject: 'Preview', change: async () => [preview(12)] };
    await expect(changePreviews(remote, { ...options, render })).rejects.toThrow(
      'nothing was published in staging',
    );
    const other = await published();
    const old: RenderPreviews = async () => new Map([['manifests/staging/shop/a.yaml', 'kind: A\n']]);
    await expect(changePreviews(other.remote, { ...options, root: other.root, render: old })).rejects.toThrow(
      "do not render the preview of 'shop'",
    );
    expect(await listed()).not.toContain(file);
  });
});

it('one preview too many is refused, with the open ones and the next command; an open one can be updated', () => {
  const before = [preview(1), preview(2)];
  const add = (request: number) => withPreview(before, preview(request), { environment, limits: { max: 2 } });
  expect(() => add(3)).toThrow(
    'staging runs 2 previews, and previews.max of its cluster.yaml is 2: 1 (until 2026-01-08T12:00:00Z), 2',
  );
  expect(() => add(3)).toThrow(
    expect.objectContaining({ next: expect.stringContaining('close staging --pr 1') }),
  );
  expect(add(2)).toEqual(before);
});

it('a preview is stale from its expiry on', () => {
  const at = (time: string) => isStale(preview(1), new Date(time));
  expect([at('2026-01-08T11:59:59Z'), at('2026-01-08T12:00:00Z')]).toEqual([false, true]);
});

it('previews.yaml returns what was written, sorted by pull request, and an invalid entry is refused with its place', () => {
  const text = writePreviews([preview(12), preview(7)]) ?? '';
  expect(readPreviews(environment, text)).toEqual([preview(7), preview(12)]);
  expect(writePreviews([])).toBeUndefined();
  expect(() => readPreviews(environment, text.replace('request: 7', 'request: seven'))).toThrow(
    /clusters\/staging\/previews\.yaml:3:\d+/,
  );
});

describe('the apps of a preview', () => {
  const apps: Parameters<typeof previewApps>[0] = [
    { name: 'jobs', uses: [{ kind: 'database', of: 'jobs', as: 'read-write' }] },
    { name: 'orders', uses: [{ kind: 'app', app: 'jobs', port: 'grpc' }] },
    { name: 'report', uses: [{ kind: 'database', of: 'jobs', as: 'read-only' }] },
    { name: 'worker', uses: [{ kind: 'database', of: 'jobs', as: 'read-write' }] },
  ];
  const chosen = (given: { asked?: string[]; changed?: string[] }) =>
    previewApps(apps, { environment, asked: [], changed: [], ...given });

  it('are exactly those whose folders change', () => {
    expect([...chosen({ changed: ['apps/orders/src/a.ts', 'apps/report-2/app.ts', 'README.md'] })]).toEqual([
      ['orders', 'changed by the pull request'],
    ]);
  });

  it('are the requested ones, with the owners of databases that they write to', () => {
    expect([...chosen({ asked: ['worker', 'report'], changed: ['apps/orders/app.ts'] })]).toEqual([
      ['jobs', 'worker writes to its database'],
      ['report', 'asked for'],
      ['worker', 'asked for'],
    ]);
  });

  it('are refused if there are none, or if one does not run in the environment', () => {
    expect(() => chosen({ changed: ['README.md'] })).toThrow('changes no app that runs in staging');
    expect(() => chosen({ asked: ['order'] })).toThrow("runs no app 'order'");
  });
});
