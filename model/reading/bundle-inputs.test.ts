import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundleInputs } from './bundle-inputs.ts';

let root = '';

const packages = {
  '': { version: '1.0.0' },
  'apps/orders': { dependencies: { '@plinth/kit': '*', pg: '8' } },
  'apps/kit': { dependencies: { zod: '4' } },
  'apps/jobs': { dependencies: { boss: '1' } },
  'node_modules/@plinth/kit': { resolved: 'apps/kit', link: true },
  'node_modules/pg': { version: '8.1.0', integrity: 'sha512-pg', dependencies: { types: '1', pool: '2' } },
  'node_modules/pg/node_modules/types': { version: '1.0.0', integrity: 'sha512-old-types' },
  'node_modules/types': { version: '2.0.0', integrity: 'sha512-types' },
  'node_modules/pool': { version: '2.0.0', integrity: 'sha512-pool', dependencies: { pg: '8' } },
  'node_modules/zod': { version: '4.0.0', integrity: 'sha512-zod' },
  'node_modules/boss': { version: '1.0.0', integrity: 'sha512-boss' },
  'node_modules/esbuild': { version: '0.28.2', integrity: 'sha512-esbuild' },
};

const write = (changed: Record<string, object> = {}) =>
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ lockfileVersion: 3, packages: { ...packages, ...changed } }),
  );

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-bundle-'));
  write();
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('includes the packages that Node would find, the bundler, and packages of this repository', () => {
  expect(bundleInputs(root, 'apps/orders')).toEqual({
    folders: ['apps/kit'],
    packages: [
      'node_modules/esbuild 0.28.2 sha512-esbuild',
      'node_modules/pg 8.1.0 sha512-pg',
      'node_modules/pg/node_modules/types 1.0.0 sha512-old-types',
      'node_modules/pool 2.0.0 sha512-pool',
      'node_modules/zod 4.0.0 sha512-zod',
    ],
  });
});

it('finds the package of a folder', () => {
  expect(bundleInputs(root, 'apps/orders/migrations')).toEqual(bundleInputs(root, 'apps/orders'));
});

it('does not change with packages that the program cannot import', () => {
  const before = bundleInputs(root, 'apps/orders');
  write({ 'node_modules/boss': { version: '1.0.1', integrity: 'sha512-new' } });
  expect(bundleInputs(root, 'apps/orders')).toEqual(before);
  write({ 'node_modules/zod': { version: '4.0.1', integrity: 'sha512-new' } });
  expect(bundleInputs(root, 'apps/orders')).not.toEqual(before);
});
