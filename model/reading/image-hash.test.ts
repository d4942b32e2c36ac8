import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BundleInputs } from './bundle-inputs.ts';
import { imageHash } from './image-hash.ts';
import { RepositoryFiles } from './repository-files.ts';

let root = '';
let folder = '';
let before = '';

const hashOf = (bundled?: BundleInputs, place = root) =>
  imageHash(new RepositoryFiles(place), 'app', { bundled });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-hash-'));
  folder = join(root, 'app');
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(root, '.gitignore'), 'ignored.js\n');
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
  writeFileSync(join(folder, 'src/é.js'), 'é');
  writeFileSync(join(folder, 'src/Z.js'), 'Z');
  before = hashOf();
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('is a valid image tag', () => {
  expect(before).toMatch(/^[0-9a-f]{12}$/);
});

it('depends on the build arguments, in any order', () => {
  const withArguments = (buildArgs: Record<string, string>) =>
    imageHash(new RepositoryFiles(root), 'app', { buildArgs });
  expect(withArguments({})).toBe(before);
  const one = withArguments({ A: '1', B: '2' });
  expect(one).not.toBe(before);
  expect(withArguments({ B: '2', A: '1' })).toBe(one);
  expect(withArguments({ A: '1', B: '3' })).not.toBe(one);
  expect(withArguments({ A: '12', B: '' })).not.toBe(withArguments({ A: '1', B: '2' }));
});

it("does not depend on times, permissions, line ends, files of desktops or the folder's path", () => {
  for (const path of ['app', '.gitignore'])
    cpSync(join(root, path), join(root, 'elsewhere', path), { recursive: true });
  utimesSync(join(folder, 'Dockerfile'), 0, 0);
  chmodSync(join(folder, 'src/Z.js'), 0o600);
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\r\n');
  writeFileSync(join(folder, '.DS_Store'), 'x');
  expect(hashOf()).toBe(before);
  expect(hashOf(undefined, join(root, 'elsewhere'))).toBe(before);
});

it.each([
  'app.ts',
  'src/server.test.ts',
  'test/demo.ts',
  'node_modules/x/index.js',
  'src/node_modules/y',
  'ignored.js',
])('leaves out %s', (path) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), 'something');
  expect(hashOf()).toBe(before);
});

it('ignores dist if a bundle is written there, and includes it otherwise', () => {
  const inputs = { folders: [], packages: [] };
  const bundled = hashOf(inputs);
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/page.html'), 'page');
  expect(hashOf(inputs)).toBe(bundled);
  expect(hashOf()).not.toBe(before);
});

it("changes with a file's content, name or executable bit, a new file, and a link", () => {
  const hashes = [before];
  writeFileSync(join(folder, 'src/Z.js'), 'z');
  hashes.push(hashOf());
  renameSync(join(folder, 'src/Z.js'), join(folder, 'src/z.js'));
  hashes.push(hashOf());
  chmodSync(join(folder, 'src/z.js'), 0o755);
  hashes.push(hashOf());
  writeFileSync(join(folder, 'src/app.ts'), '');
  hashes.push(hashOf());
  symlinkSync('src/z.js', join(folder, 'link'));
  hashes.push(hashOf());
  expect(new Set(hashes).size).toBe(hashes.length);
});

it('includes the possible imports of a bundle, by content and by locked package', () => {
  const kit = join(root, 'apps/kit');
  mkdirSync(kit, { recursive: true });
  writeFileSync(join(kit, 'log.ts'), 'one');
  const inputs = { folders: ['apps/kit'], packages: ['node_modules/pg 8.0.0 sha512-a'] };
  const hashes = [before, hashOf(inputs)];
  hashes.push(hashOf({ ...inputs, packages: ['node_modules/pg 8.0.1 sha512-b'] }));
  writeFileSync(join(kit, 'log.ts'), 'two');
  hashes.push(hashOf(inputs));
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashOf(inputs)).toBe(hashes.at(-1));
});

describe('with a context above the folder', () => {
  const inContext = () => imageHash(new RepositoryFiles(root), 'app', { context: '.' });
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  beforeEach(() => {
    put('app/Dockerfile', 'FROM scratch\nCOPY packages/*/package.json app/src /x/\n');
    put('packages/money/package.json', '{}');
    before = inContext();
  });

  it('changes with the Dockerfile, and with what it copies', () => {
    const hashes = [before];
    put('packages/money/package.json', '{ "name": "money" }');
    hashes.push(inContext());
    put('packages/time/package.json', '{}');
    hashes.push(inContext());
    put('app/src/Z.js', 'z');
    hashes.push(inContext());
    put('app/Dockerfile', 'FROM scratch\nCOPY packages/*/package.json app/src /y/\n');
    hashes.push(inContext());
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it.each([
    'packages/money/src/index.js',
    'packages/package.json',
    'package.json',
    'app/other.js',
    'app/src/node_modules/x.js',
    'app/src/sum.test.ts',
  ])('does not depend on %s, which the Dockerfile does not copy', (path) => {
    put(path, 'something');
    expect(inContext()).toBe(before);
  });

  it('copies neither the description nor the encrypted secrets of an app', () => {
    put('app/Dockerfile', 'FROM scratch\nCOPY apps /apps\n');
    put('apps/shop/server.js', '1');
    const one = inContext();
    put('apps/shop/app.ts', 'export default {};');
    put('apps/shop/secrets/dev/pay.yaml', 'x: 1');
    expect(inContext()).toBe(one);
    put('apps/shop/server.js', '2');
    expect(inContext()).not.toBe(one);
  });
});
