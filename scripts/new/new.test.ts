import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { enable } from './app.ts';
import { addImage, register } from './operator.ts';
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
  });

describe('in a copy of this repository', () => {
  it('writes an app, an operator and an environment that render at once, and says what to do next', async () => {
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
    expect(operator.all).toContain('wrote charts/kube-watch.ts');
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
      ['orders-db', 'apps/orders/app.ts:14:3 name-taken'],
      ['crds', 'apps/crds/app.ts:4:9 name-taken'],
      ['kube-system', 'apps/kube-system/app.ts:4:9 name-reserved'],
    ] as const) {
      const { all, exitCode } = await type('new', 'app', name);
      expect(all).toContain(why);
      expect(exitCode).toBe(1);
      expect(readdirSync(join(root, 'apps'))).not.toContain(name);
    }
    expect(readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8')).toBe(before);
  }, 300_000);

  it('writes nothing over what is there', async () => {
    const before = readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8');
    const { all, exitCode } = await type('new', 'app', 'home');
    expect(all).toContain('error: apps/home/app.ts is there already');
    expect(exitCode).toBe(1);
    expect(readFileSync(join(root, 'clusters/dev/cluster.yaml'), 'utf8')).toBe(before);
    expect((await type('new', 'operator', 'home', '--image', 'docker.io/a/b:1')).all).toContain(
      "'home' is an app",
    );
    expect((await type('new', 'operator', 'b', '--image', 'b:latest')).all).toContain(
      'is no reference with a version',
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

it('takes back what it wrote where a file cannot be written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-new-'));
  try {
    const files = { 'a/b.ts': 'one', 'a/b.ts/c': 'two' };
    expect(() => write(folder, { files, changes: {}, next: [] })).toThrow();
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
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

  it('only where there is a map of them', () => {
    expect(() => enable('apps: [home]\n', 'cluster.yaml', 'shop')).toThrow('has no map of apps');
  });
});

it('lists a chart in the order of names, and an image first', () => {
  const text = "import { a } from './a.ts';\n\nconst operatorCharts: X = {\n  a,\n  'c-d': cD,\n};\n";
  expect(register(text, 'b-x')).toBe(
    "import { a } from './a.ts';\nimport { bX } from './b-x.ts';\n\nconst operatorCharts: X = {\n  a,\n  'b-x': bX,\n  'c-d': cD,\n};\n",
  );
  expect(() => register('nothing', 'b')).toThrow('operatorCharts');
  expect(addImage('kubernetes: v1\nimages:\n  a: {}\n', 'b', 'x/b:1')).toBe(
    'kubernetes: v1\nimages:\n  b:\n    ref: x/b:1\n\n  a: {}\n',
  );
});
