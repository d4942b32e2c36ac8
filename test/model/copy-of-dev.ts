import { cpSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

const inputs = [
  'apps',
  'model',
  'clusters/dev',
  'operators',
  'images/lock.yaml',
  'package.json',
  'package-lock.json',
  // That of apps/web extends it, and Vitest reads it.
  'tsconfig.json',
];

/**
 * For tests: the inputs of a render of `dev`, and the paths in `more`, copied from this repository into a new temporary
 * folder. Returns the folder, which the caller removes.
 */
export function copyOfDev(...more: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'plinth-dev-'));
  for (const path of [...inputs, ...more])
    cpSync(join(repository, path), join(root, path), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  return root;
}
