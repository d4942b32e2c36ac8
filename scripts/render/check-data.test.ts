import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { copyOfDev } from '../../test/model/copy-of-dev.ts';
import { diff } from '../diff/diff.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { DiagnosticsFailure } from './diagnostics-failure.ts';
import { render } from './render.ts';

const cluster = 'clusters/dev/cluster.yaml';
const orders = 'apps/orders/app.ts';
const database = 'manifests/dev/orders-db/cluster-orders-db.yaml';
let root = '';

// Each renders a whole environment.
vi.setConfig({ testTimeout: 120_000 });

/** This repository with one environment, as it was rendered and committed. */
beforeEach(async () => {
  root = copyOfDev('manifests/dev');
  writeFileSync(join(root, '.gitignore'), 'node_modules\n');
  await git('init', '--quiet');
  await commit();
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: string[]) =>
  execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: root });

async function commit(): Promise<void> {
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'one', '--no-gpg-sign');
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(join(root, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not hold: ${from}`);
  writeFileSync(join(root, file), text.replace(from, to));
}

function takeOut(): void {
  edit(cluster, '  orders:\n', '');
  edit(cluster, 'uses: [orders, jobs]', 'uses: [jobs]');
}

const reason = "reason: 'The shop is closed for good.'";
const retire = (more: string) =>
  edit(cluster, 'apps:\n', `retired:\n  - { database: orders, ${more}, ${reason} }\napps:\n`);

/** The refusals of the render; empty if it accepts. */
async function diagnostics(): Promise<Diagnostic[]> {
  try {
    await render(root, { environment: 'dev' });
    return [];
  } catch (error) {
    if (error instanceof DiagnosticsFailure) return error.diagnostics;
    throw error;
  }
}

const codes = (found: Diagnostic[]) => found.map(({ code, file, line }) => `${file}:${line} ${code}`);

function lineOf(text: string, file = cluster): number {
  return (
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1
  );
}

describe('a database without an app', () => {
  const ways: [string, () => void][] = [
    ['its app is taken out of cluster.yaml', takeOut],
    [
      'its app is renamed',
      () => {
        renameSync(join(root, 'apps/orders'), join(root, 'apps/sales'));
        const locked = readFileSync(join(root, 'package-lock.json'), 'utf8');
        writeFileSync(join(root, 'package-lock.json'), locked.replaceAll('apps/orders', 'apps/sales'));
        edit('apps/sales/app.ts', "name: 'orders'", "name: 'sales'");
        edit('apps/sales/app.ts', "of: 'orders'", "of: 'sales'");
        edit('apps/web/app.ts', "app: 'orders'", "app: 'sales'");
        edit(cluster, '  orders:\n', '  sales:\n');
        edit(cluster, 'uses: [orders, jobs]', 'uses: [jobs]');
      },
    ],
    [
      'its app loses the line',
      () => {
        edit(
          orders,
          "  database: { storage: '2Gi', migrations: { build: './migrations', bundle: 'migrate.ts' } },\n",
          '',
        );
        edit(orders, "    { kind: 'database', of: 'orders', as: 'read-write' },\n", '');
      },
    ],
    [
      'its app is taken out and the manifests are removed to be rendered anew',
      () => {
        takeOut();
        rmSync(join(root, 'manifests'), { recursive: true });
      },
    ],
  ];

  it.each(ways)('is refused if %s, and nothing is written', async (_, change) => {
    change();
    const there = existsSync(join(root, database));
    const [diagnostic, ...more] = await diagnostics();
    expect(codes(more)).toEqual([]);
    expect(diagnostic).toMatchObject({
      code: 'database-not-retired',
      file: cluster,
      line: lineOf('apps:'),
      what: "the database of 'orders' would be deleted from dev: no app describes it any more",
    });
    expect(diagnostic?.why).toContain('an app that was renamed starts with an empty database');
    expect(diagnostic?.fix).toContain(
      "retired: [{ database: orders, data: keep, storage: 2Gi, reason: '…' }]",
    );
    expect(existsSync(join(root, database))).toBe(there);
    // Objects that are not written yet are reported too.
    const told = await diff(root, 'HEAD');
    expect(codes(told.diagnostics)).toEqual([`${cluster}:${lineOf('apps:')} database-not-retired`]);
  });

  it.each(ways)(
    'is still rendered if %s and its data is kept, and nothing with data is removed',
    async (_, change) => {
      change();
      retire('data: keep, storage: 2Gi');
      const before = Object.fromEntries(readable(database));
      expect(await diagnostics()).toEqual([]);
      const after = Object.fromEntries(readable(database));
      expect(after).toEqual(before);
      const [changes] = (await diff(root, 'HEAD')).environments;
      const grave = changes?.effects.filter(({ gravity }) => gravity === 'lost' || gravity === 'refused');
      expect(grave).toEqual([]);
      const gone =
        changes?.effects.filter(({ what }) => what.startsWith('goes')).map(({ object }) => object) ?? [];
      expect(
        gone.filter((object) => /orders-db(-ca|-server|-replication|-peers|-roots)/.test(object)),
      ).toEqual([]);
    },
  );

  /** A manifest without the line that says what it was rendered from. */
  function readable(file: string): [string, string][] {
    const text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : committed(file);
    return [[file, text.replace(/^#.*\n/, '')]];
  }

  function committed(file: string): string {
    return readFileSync(join(repositoryRoot, file), 'utf8');
  }
});

it('is deleted with its volumes if retired so, and its namespace stays, as diff shows', async () => {
  takeOut();
  retire('data: delete');
  expect(await diagnostics()).toEqual([]);
  expect(existsSync(join(root, database))).toBe(false);
  expect(existsSync(join(root, 'manifests/dev/orders-db/namespace-orders.yaml'))).toBe(true);
  const { environments, diagnostics: found } = await diff(root, 'HEAD');
  expect(found).toEqual([]);
  const lost = environments.flatMap(({ effects }) => effects.filter(({ gravity }) => gravity === 'lost'));
  expect(lost.map(({ object }) => object)).toContain('Cluster orders/orders-db');
  expect(lost.map(({ object }) => object)).not.toContain('Namespace orders');
  // Once that is committed the line has done its work.
  await commit();
  const text = readFileSync(join(root, cluster), 'utf8');
  writeFileSync(join(root, cluster), text.replace(/retired:\n.*\n/, ''));
  expect(await diagnostics()).toEqual([]);
});

it('a smaller volume is refused at its size', async () => {
  edit(orders, "storage: '2Gi'", "storage: '1Gi'");
  edit(cluster, 'overlay: http', 'overlay: http\n  storage: 5Gi');
  edit(cluster, 'kind: in-cluster', 'kind: in-cluster\n  storage: 512Mi');
  const found = await diagnostics();
  expect(codes(found)).toEqual([
    `${orders}:${lineOf("storage: '1Gi'", orders)} volume-shrinks`,
    `${cluster}:${lineOf('storage: 5Gi')} volume-shrinks`,
    `${cluster}:${lineOf('storage: 512Mi')} volume-shrinks`,
  ]);
  expect(found[0]?.what).toBe('in dev, Cluster orders/orders-db would have 1Gi instead of 2Gi');
  edit(orders, "storage: '1Gi'", "storage: '3Gi'");
  edit(cluster, 'storage: 5Gi', 'storage: 10Gi');
  edit(cluster, 'storage: 512Mi', 'storage: 1024Mi');
  expect(await diagnostics()).toEqual([]);
});

it('a volume of a removed operator stays, as diff shows', async () => {
  edit(cluster, 'kind: in-cluster', 'kind: git\n  url: https://git.example.org/a/b.git');
  expect(await diagnostics()).toEqual([]);
  const [dev] = (await diff(root, 'HEAD')).environments;
  const claim = dev?.effects.find(({ object }) => object === 'PersistentVolumeClaim git-server/git-server');
  expect(claim).toMatchObject({
    gravity: 'other',
    what: expect.stringContaining('tells Flux never to prune it'),
  });
  const namespace = dev?.effects.find(({ object }) => object === 'Namespace git-server');
  expect(namespace).toMatchObject({ gravity: 'other', what: expect.stringContaining('stays unchanged') });
});

it('renders normally without a Git repository', async () => {
  rmSync(join(root, '.git'), { recursive: true });
  rmSync(join(root, 'manifests'), { recursive: true });
  expect(await diagnostics()).toEqual([]);
});

describe('a volume of an app', () => {
  const home = 'apps/home/app.ts';
  const volumes = (lines: string) =>
    edit(home, "  exposes: { port: 'http' },\n", `  exposes: { port: 'http' },\n  ${lines}\n`);
  const codes = async () => (await diagnostics()).map(({ code, file }) => `${file} ${code}`);

  it.each([
    ['one for the app', "per: 'app'"],
    ['one for each replica', "per: 'replica'"],
  ])('(%s) is not lost, shrunk or moved to another class by a changed line', async (_, per) => {
    const volume = `volumes: { data: { path: '/data', size: '2Gi', ${per} } },`;
    volumes(volume);
    expect(await diagnostics()).toEqual([]);
    await commit();
    edit(home, "size: '2Gi'", "size: '1Gi'");
    expect(await codes()).toEqual([`${home} volume-shrinks`]);
    edit(home, "size: '1Gi'", "size: '2Gi', class: 'standard'");
    expect(await codes()).toContain(`${home} volume-changes-class`);
    edit(home, ", class: 'standard'", '');
    edit(home, 'volumes: { data:', 'volumes: { files:');
    expect(await codes()).toEqual([`${cluster} volume-not-retired`]);
    edit(cluster, 'apps:\n', `retired:\n  - { volume: data, app: home, ${reason} }\napps:\n`);
    expect(await diagnostics()).toEqual([]);
  });
});
