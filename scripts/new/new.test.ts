import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { enable } from './new-app.ts';
import { addImage } from './new-operator.ts';
import { checkedName, write } from './start.ts';

const repository = join(import.meta.dirname, '../..');
const rooms = [
  'model',
  'charts',
  'operators',
  'apps',
  'clusters',
  'images',
  'scripts',
  'manifests',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'biome.json',
  '.gitignore',
];
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-new-'));
  for (const room of rooms) cpSync(join(repository, room), join(root, room), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As a person types it: `npm run new -- …`, in the copy. */
const type = (script: string, ...args: string[]) =>
  execa(join(repository, 'node_modules/.bin/node'), [`scripts/${script}.ts`, ...args], {
    cwd: root,
    reject: false,
    all: true,
    // It ends by itself, however long a loaded machine takes.
    forceKillAfterDelay: false,
  });

describe('in a copy of this repository', () => {
  it('writes an app, an operator and an environment that render at once, and prints the next steps', async () => {
    const app = await type('new', 'app', 'web-shop');
    expect(app.all).toContain('wrote apps/web-shop/app.ts\n');
    expect(app.stdout).toContain('next:\n  $EDITOR apps/web-shop/app.ts');
    const operator = await type(
      'new',
      'operator',
      'kube-watch',
      '--image',
      'docker.io/example/kube-watch:v1.2.3',
    );
    expect(operator.all).toContain('wrote operators/kube-watch/chart.ts');
    const environment = await type('new', 'env', 'lab');
    expect(environment.all).toContain('wrote clusters/lab/cluster.yaml');
    const render = await type('render');
    expect(render.all).toMatch(/^4 environments/);
    expect(render.exitCode).toBe(0);
    const rendered = readdirSync(join(root, 'manifests/lab'));
    expect(rendered).toEqual(expect.arrayContaining(['web-shop', 'kube-watch']));
    const lab: unknown = parse(readFileSync(join(root, 'clusters/lab/cluster.yaml'), 'utf8'));
    expect(lab).toMatchObject({ name: 'plinth-lab', apps: { 'web-shop': null } });
  }, 300_000);

  it('writes nothing that would not render', async () => {
    const before = readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8');
    for (const [name, why] of [
      ['orders-db', 'apps/orders/app.ts:17:3 name-taken'],
      ['crds', 'apps/crds/app.ts:4:9 name-taken'],
    ] as const) {
      const { all, exitCode } = await type('new', 'app', name);
      expect(all).toContain(why);
      expect(exitCode).toBe(1);
      expect(readdirSync(join(root, 'apps'))).not.toContain(name);
    }
    expect(readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8')).toBe(before);
  }, 300_000);

  it('refuses the name of an operator, of its namespace or of Kubernetes, with the reason', async () => {
    for (const [name, why] of [
      ['traefik', "'traefik' is already the operator of operators/traefik/operator.ts:"],
      ['gateway', "'gateway' is already the namespace of operators/traefik/operator.ts:"],
      ['kube-system', "'kube-system' is a name that Kubernetes reserves: an app owns the namespace"],
    ] as const) {
      const { all, exitCode } = await type('new', 'app', name);
      expect(all).toContain(why);
      expect(all).toContain('Take another name.');
      expect(exitCode).toBe(1);
      expect(readdirSync(join(root, 'apps'))).not.toContain(name);
    }
  }, 300_000);

  it.each(['worker', 'schedule', 'site'])(
    'writes an app of the kind %s that renders at once',
    async (kind) => {
      const { all, exitCode } = await type('new', 'app', `a-${kind}`, '--kind', kind);
      expect(all).toContain(`wrote apps/a-${kind}/app.ts\n`);
      expect(exitCode).toBe(0);
    },
    300_000,
  );

  it('removes the written files if Ctrl-C ends it before the render', async () => {
    const before = readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = type('new', 'app', 'half-done');
      while (!existsSync(join(root, 'apps/half-done/app.ts')) && child.exitCode === null) await sleep(1);
      child.kill(signal);
      expect((await child).signal).toBe(signal);
      expect(readdirSync(join(root, 'apps'))).not.toContain('half-done');
      expect(readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8')).toBe(before);
      expect(readdirSync(root).filter((name) => name.startsWith('.new-'))).toEqual([]);
    }
  }, 300_000);

  it('overwrites no file', async () => {
    const before = readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8');
    const { all, exitCode } = await type('new', 'app', 'home');
    expect(all).toContain('error: apps/home/app.ts already exists');
    expect(exitCode).toBe(1);
    expect(readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8')).toBe(before);
    expect((await type('new', 'operator', 'home', '--image', 'docker.io/a/b:1')).all).toContain(
      "'home' is an app",
    );
    expect((await type('new', 'operator', 'b', '--image', 'b:latest')).all).toContain(
      'is not a reference with a version',
    );
    expect((await type('new', 'app', 'b', '--env', 'nowhere')).all).toContain(
      'there is no clusters/nowhere/cluster.yaml',
    );
  }, 300_000);
});

it.each([
  ['My App', "Did you mean 'my-app'?"],
  ['../../etc', "Did you mean 'etc'?"],
  ['$(reboot)', "Did you mean 'reboot'?"],
  ['über', "Did you mean 'ber'?"],
  ['…', 'Take another name.'],
])('refuses the name %j', (name, next) => {
  expect(() => checkedName(name)).toThrow(expect.objectContaining({ next }));
});

it('removes the written files if one cannot be written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-new-'));
  try {
    const files = { 'a/b.ts': 'one', 'a/b.ts/c': 'two' };
    expect(() => write(folder, { files, changes: {}, next: [] })).toThrow();
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.runIf(process.getuid?.() === 0 && process.platform === 'linux')('on a disk of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-new-disk-'));

  beforeAll(() => void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', folder]));
  afterAll(() => {
    execFileSync('umount', [folder]);
    rmdirSync(folder);
  });

  it('leaves and changes nothing if the disk is full at any file, and reports it once', () => {
    writeFileSync(join(folder, 'cluster.yaml'), 'apps:\n');
    const big = 'x'.repeat(300_000);
    for (const [files, changes] of [
      [{ 'apps/a/app.ts': big, 'apps/a/b.ts': 'two' }, { 'cluster.yaml': 'apps:\n  a:\n' }],
      [{ 'apps/a/app.ts': 'one', 'apps/a/b.ts': big }, { 'cluster.yaml': 'apps:\n  a:\n' }],
      [{ 'apps/a/app.ts': 'one' }, { 'cluster.yaml': big }],
    ] as { [file: string]: string }[][]) {
      const begin = () => write(folder, { files: files ?? {}, changes: changes ?? {}, next: [] });
      expect(begin).toThrow(
        expect.objectContaining({
          name: 'Failure',
          message: expect.stringMatching(
            /^it cannot be written: ENOSPC: no space left on device.*Nothing was written$/,
          ),
          next: 'Free space on the disk, then type the same command again.',
        }),
      );
      expect(readdirSync(folder)).toEqual(['cluster.yaml']);
      expect(readFileSync(join(folder, 'cluster.yaml'), 'utf8')).toBe('apps:\n');
    }
  });

  it('removes the written files also on a full disk', () => {
    writeFileSync(join(folder, 'cluster.yaml'), 'apps:\n');
    const files = { 'apps/a/app.ts': 'one' };
    const { undo } = write(folder, { files, changes: { 'cluster.yaml': 'apps:\n  a:\n' }, next: [] });
    expect(readFileSync(join(folder, 'cluster.yaml'), 'utf8')).toBe('apps:\n  a:\n');
    expect(() => writeFileSync(join(folder, 'full'), Buffer.alloc(400_000))).toThrow('ENOSPC');
    undo();
    expect(readdirSync(folder)).toEqual(['cluster.yaml', 'full']);
    expect(readFileSync(join(folder, 'cluster.yaml'), 'utf8')).toBe('apps:\n');
  });
});

describe('an app is enabled', () => {
  it.each([
    ['apps:\n  home:\n', 'apps:\n  home:\n  shop:\n'],
    [
      'apps:\n  home: # the front page\n    replicas: 2\n\n# later\nname: x\n',
      'apps:\n  home: # the front page\n    replicas: 2\n  shop:\n\n# later\nname: x\n',
    ],
    ['apps:\n    home:\nname: x\n', 'apps:\n    home:\n    shop:\nname: x\n'],
    ['apps: {}\nname: x\n', 'apps: { shop: }\nname: x\n'],
    ['apps: { home: }\n', 'apps: { home:, shop: }\n'],
  ])('in %j', (text, expected) => {
    const enabled = enable(text, 'cluster.yaml', 'shop');
    expect(enabled).toBe(expected);
    expect(Object.keys(parse(enabled).apps)).toContain('shop');
  });

  it('only if there is a map of apps', () => {
    expect(() => enable('apps: [home]\n', 'cluster.yaml', 'shop')).toThrow('has no map of apps');
  });
});

it('inserts an image at the top of the list', () => {
  expect(addImage('kubernetes: v1\nimages:\n  a: {}\n', 'b', 'x/b:1')).toBe(
    'kubernetes: v1\nimages:\n  b:\n    ref: x/b:1\n\n  a: {}\n',
  );
});
