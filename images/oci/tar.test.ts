import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { type TarEntry, tar, withParents } from './tar.ts';
import { openEnded } from './tar-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function bytes(archive: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const long = `${'folder/'.repeat(20)}file`;

function entries(): TarEntry[] {
  const source = join(folder, 'source');
  writeFileSync(source, 'x'.repeat(1000));
  return withParents([
    { path: 'usr/bin/tool', mode: 0o755, kind: 'file', source },
    { path: 'etc/empty', mode: 0o644, kind: 'file', content: '' },
    { path: 'usr/bin/link', mode: 0o777, kind: 'link', target: 'tool' },
    { path: 'tmp', mode: 0o1777, kind: 'directory' },
    { path: long, mode: 0o600, owner: 10001, kind: 'file', content: 'long' },
  ]);
}

test('GNU tar extracts a written archive with its owners, modes and long names', async () => {
  const input = await bytes(tar(entries()));
  const { stdout } = await execa('tar', ['--list', '--verbose', '--numeric-owner', '--utc'], { input });
  const lines = stdout.split('\n').map((line) => line.replace(/\s+/g, ' '));
  expect(lines).toContain('-rwxr-xr-x 0/0 1000 2026-01-01 00:00 usr/bin/tool');
  expect(lines).toContain('drwxrwxrwt 0/0 0 2026-01-01 00:00 tmp/');
  expect(lines).toContain('lrwxrwxrwx 0/0 0 2026-01-01 00:00 usr/bin/link -> tool');
  expect(lines).toContain(`-rw------- 10001/10001 4 2026-01-01 00:00 ${long}`);
  const names = lines.map((line) => line.split(' ')[5]);
  expect(names.indexOf('usr/')).toBeLessThan(names.indexOf('usr/bin/'));
  expect(names.indexOf('usr/bin/')).toBeLessThan(names.indexOf('usr/bin/tool'));
});

test('the same entries give the same bytes', async () => {
  expect((await bytes(tar(entries()))).equals(await bytes(tar(entries())))).toBe(true);
});

test('an archive of GNU tar is read from any division into chunks', async () => {
  await execa('tar', ['--create', '--file=base.tar', '--format=pax', './source'], { cwd: folder });
  const { stdout } = await execa('cat', [join(folder, 'base.tar')], { encoding: 'buffer' });
  for (const step of [7, 512, 100_000]) {
    const paths = new Set<string>();
    const chunks = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; at < stdout.length; at += step) yield Buffer.from(stdout.subarray(at, at + step));
    };
    const joined = Buffer.concat([
      await bytes(openEnded(chunks(), paths)),
      await bytes(tar([{ path: 'more', mode: 0o644, kind: 'file', content: 'more' }])),
    ]);
    expect([...paths]).toEqual(['source']);
    const listed = await execa('tar', ['--list'], { input: joined });
    expect(listed.stdout).toBe('./source\nmore');
  }
});

test('a path that no tar archive can hold is refused', async () => {
  const entry: TarEntry = { path: 'x'.repeat(300), mode: 0o644, kind: 'file', content: '' };
  await expect(bytes(tar([entry]))).rejects.toThrow(/too long/);
});
