import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../model/diagnostics/format-diagnostic.ts';
import { installHook } from './hook.ts';
import { leaksInFiles, leaksInRepository, leaksInStage } from './leak-check.ts';

/** In parts, so that this file itself holds none. */
const key = ['sk_live_', '4eC39HqLyjWDarjtT1zdp7dc'].join('');
const file = (path: string, text: string) => [{ path, content: Buffer.from(text) }];
const placesIn = (path: string, text: string) =>
  leaksInFiles(file(path, text)).map(({ line, column }) => `${line}:${column}`);

describe('secrets check', () => {
  it('reports file, line and column, and never shows the secret', () => {
    const [diagnostic, ...more] = leaksInFiles(file('src/pay.ts', `// pays\nconst stripe = '${key}';\n`));
    expect(more).toEqual([]);
    expect(diagnostic).toMatchObject({ file: 'src/pay.ts', line: 2, column: 17, code: 'leaked-secret' });
    expect(diagnostic && formatDiagnostic(diagnostic)).not.toContain(key);
  });

  it('finds a manifest of an unencrypted Secret, and accepts an encrypted one', () => {
    const secret = (more: string) => `kind: ConfigMap\n---\napiVersion: v1\nkind: Secret\n${more}`;
    expect(placesIn('a.yaml', secret('stringData: { password: x }\n'))).toEqual(['1:1']);
    expect(placesIn('a.yaml', secret("data: { a: 'ENC[AES256_GCM,data:x]' }\nsops: {}\n"))).toEqual([]);
    expect(placesIn('a.yaml', secret("data: { a: 'ENC[AES256_GCM,data:x]', b: eA== }\nsops: {}\n"))).toEqual([
      '1:1',
    ]);
    expect(placesIn('a.yaml', secret('data: { username: eA== }\n'))).toEqual([]);
  });

  it('finds a password in a file of variables', () => {
    expect(placesIn('apps/x/.env', 'A=1\nDB_PASSWORD=Tr0ub4dor_x9Q\n')).toEqual(['2:1']);
    expect(placesIn('apps/x/env.md', 'DB_PASSWORD=Tr0ub4dor_x9Q\n')).toEqual([]);
  });

  it('accepts a line with a reason, and only that line', () => {
    expect(placesIn('a.md', `${key} not-a-secret: made up\n${key}\n`)).toEqual(['2:1']);
    expect(placesIn('a.md', `${key} not-a-secret:\n`)).toEqual(['1:1']);
  });

  it('ignores binary files', () => {
    expect(
      leaksInFiles([{ path: 'a.png', content: Buffer.concat([Buffer.from([0]), Buffer.from(key)]) }]),
    ).toEqual([]);
  });
});

describe('in a Git repository', () => {
  let root: string;
  const git = (...args: string[]) => execa('git', args, { cwd: root });

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'plinth-leaks-'));
    await git('init', '--quiet');
    writeFileSync(join(root, '.gitignore'), 'ignored\n');
    writeFileSync(join(root, 'ignored'), key);
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('checks files that Git stores or would store, and no ignored ones', () => {
    writeFileSync(join(root, 'new.ts'), `'${key}'\n`);
    expect(leaksInRepository(root).map((diagnostic) => diagnostic.file)).toEqual(['new.ts']);
  });

  it('checks staged content, not the current files', async () => {
    writeFileSync(join(root, 'staged.ts'), `'${key}'\n`);
    await git('add', 'staged.ts');
    writeFileSync(join(root, 'staged.ts'), 'nothing\n');
    writeFileSync(join(root, 'later.ts'), `'${key}'\n`);
    expect(leaksInStage(root).map((diagnostic) => diagnostic.file)).toEqual(['staged.ts']);
  });

  it('writes a hook with the same check, idempotently', async () => {
    const hook = await installHook(root);
    expect(await installHook(root)).toBe(hook);
    expect(statSync(hook).mode & 0o111).not.toBe(0);
    expect(readFileSync(hook, 'utf8')).toContain('npm run --silent secrets -- check --staged');
  });

  it('the hook prevents the commit', async () => {
    const hook = await installHook(root);
    // The real command is this repository's own; here a program that refuses replaces it.
    writeFileSync(join(root, 'npm'), '#!/bin/sh\necho "$@" > asked\nexit 1\n', { mode: 0o755 });
    await git('add', '.gitignore');
    const commit = execa(
      'git',
      ['-c', 'user.name=x', '-c', 'user.email=x@example.org', 'commit', '-qm', 'x'],
      {
        cwd: root,
        env: { PATH: `${root}:${process.env.PATH}` },
        reject: false,
      },
    );
    expect((await commit).failed).toBe(true);
    expect(readFileSync(join(root, 'asked'), 'utf8')).toContain('secrets -- check --staged');
    expect(hook.startsWith(root)).toBe(true);
  });

  it('keeps another hook', async () => {
    const own = '#!/bin/sh\nexit 0\n';
    writeFileSync(join(root, '.git/hooks/pre-commit'), own);
    await expect(installHook(root)).rejects.toMatchObject({
      next: 'Add this line to it: npm run --silent secrets -- check --staged',
    });
    expect(readFileSync(join(root, '.git/hooks/pre-commit'), 'utf8')).toBe(own);
  });
});
