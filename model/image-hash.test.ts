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
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageHash } from './image-hash.ts';

let root = '';
let folder = '';
let before = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-hash-'));
  folder = join(root, 'app');
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
  writeFileSync(join(folder, 'src/é.js'), 'é');
  writeFileSync(join(folder, 'src/Z.js'), 'Z');
  before = imageHash(folder);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('is a tag', () => {
  expect(before).toMatch(/^[0-9a-f]{12}$/);
});

it('does not depend on times, modes or the place', () => {
  utimesSync(join(folder, 'Dockerfile'), 0, 0);
  chmodSync(join(folder, 'src/Z.js'), 0o600);
  cpSync(folder, join(root, 'elsewhere'), { recursive: true });
  expect(imageHash(folder)).toBe(before);
  expect(imageHash(join(root, 'elsewhere'))).toBe(before);
});

it.each([
  'app.ts',
  'src/server.test.ts',
  'test/demo.ts',
  'node_modules/x/index.js',
  'dist/index.js',
  'src/node_modules/y',
])('leaves out %s', (path) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), 'something');
  expect(imageHash(folder)).toBe(before);
});

it('changes with a content, a name, a new file and a link', () => {
  const hashes = [before];
  writeFileSync(join(folder, 'src/Z.js'), 'z');
  hashes.push(imageHash(folder));
  renameSync(join(folder, 'src/Z.js'), join(folder, 'src/z.js'));
  hashes.push(imageHash(folder));
  writeFileSync(join(folder, 'src/app.ts'), '');
  hashes.push(imageHash(folder));
  symlinkSync('src/z.js', join(folder, 'link'));
  hashes.push(imageHash(folder));
  expect(new Set(hashes).size).toBe(hashes.length);
});

it('counts what a bundle may import from elsewhere, by content and by locked package', () => {
  const kit = { name: 'apps/kit', path: join(root, 'kit') };
  mkdirSync(kit.path);
  writeFileSync(join(kit.path, 'log.ts'), 'one');
  const inputs = { folders: [kit], packages: ['node_modules/pg 8.0.0 sha512-a'] };
  const hashes = [before, imageHash(folder, inputs)];
  hashes.push(imageHash(folder, { ...inputs, packages: ['node_modules/pg 8.0.1 sha512-b'] }));
  writeFileSync(join(kit.path, 'log.ts'), 'two');
  hashes.push(imageHash(folder, inputs));
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(imageHash(folder, inputs)).toBe(hashes.at(-1));
});
