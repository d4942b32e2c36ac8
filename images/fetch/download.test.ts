import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tar } from '../oci/tar.ts';
import { silent } from '../report.ts';
import { download } from './download.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-download-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Publishes this content with its own checksum, or with another one. */
function published(content: Buffer, given: { member?: string; sha256?: string } = {}) {
  const file = join(folder, 'published');
  writeFileSync(file, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { executable: 'tool', version: 'v1.0.0', url: pathToFileURL(file).href, sha256, ...given };
}

const target = (): string => join(folder, 'programs', 'tool');

async function archive(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const entries = ['README', 'tool'].map((name) => ({
    path: `linux-amd64/${name}`,
    mode: 0o644,
    kind: 'file' as const,
    content: `this is ${name}`,
  }));
  for await (const chunk of tar(entries)) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

it('stores a file with the right checksum, executable', async () => {
  const said: string[] = [];
  await download(published(Buffer.from('a program')), target(), { report: (line) => said.push(line) });
  expect(readFileSync(target(), 'utf8')).toBe('a program');
  expect(statSync(target()).mode & 0o777).toBe(0o755);
  expect(said).toEqual(['tool v1.0.0: downloading']);
});

it('extracts the program from an archive', async () => {
  await download(published(await archive(), { member: 'linux-amd64/tool' }), target(), { report: silent });
  expect(readFileSync(target(), 'utf8')).toBe('this is tool');
});

it('refuses an archive without the program', async () => {
  const wanted = published(await archive(), { member: 'linux-arm64/tool' });
  await expect(download(wanted, target(), { report: silent })).rejects.toThrow(
    `${wanted.url} holds no linux-arm64/tool`,
  );
});

it('refuses a file with another checksum, names both, and leaves nothing', async () => {
  const wanted = published(Buffer.from('a page to log in'), { sha256: 'a'.repeat(64) });
  const found = createHash('sha256').update('a page to log in').digest('hex');
  await expect(download(wanted, target(), { report: silent })).rejects.toThrow(
    `${wanted.url} has the SHA-256 ${found}, and images/lock.yaml says ${'a'.repeat(64)}. Nothing of it is used.`,
  );
  expect(existsSync(join(folder, 'programs'))).toBe(false);
});
