import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { onlyRootsDiffer } from './commit.ts';

const file = 'clusters/dev/cluster.yaml';
let root: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'plinth-commit-'));
  mkdirSync(join(root, 'clusters/dev'), { recursive: true });
  writeFileSync(join(root, file), 'name: a\nidentity:\n  roots: { orders: { trusted: [1], issuing: 1 } }\n');
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    [...identity, 'commit', '-qm', 'a'],
  ])
    await execa('git', args, { cwd: root });
});

afterEach(() => rmSync(root, { recursive: true }));

const edit = (search: string, replacement: string) =>
  writeFileSync(join(root, file), readFileSync(join(root, file), 'utf8').replace(search, replacement));

it('a rotation starts in a clean work tree, and continues after an interrupted edit of its own', async () => {
  await onlyRootsDiffer('dev', root);
  edit('trusted: [1]', 'trusted: [1, 2]');
  await onlyRootsDiffer('dev', root);
});

it('a rotation refuses to deploy other changes', async () => {
  edit('name: a', 'name: b');
  await expect(onlyRootsDiffer('dev', root)).rejects.toThrow(`${file} has uncommitted changes`);
  edit('name: b', 'name: a');
  mkdirSync(join(root, 'apps'));
  writeFileSync(join(root, 'apps/new.ts'), '');
  await expect(onlyRootsDiffer('dev', root)).rejects.toThrow('apps/ has uncommitted changes');
});

it('a rotation requires a Git repository', async () => {
  rmSync(join(root, '.git'), { recursive: true });
  await expect(onlyRootsDiffer('dev', root)).rejects.toThrow(/git status failed .*not a git repository/i);
});
