import { expect, it } from 'vitest';
import { loadLock, parseLock } from '../lock/read.ts';
import { platforms } from '../lock/schema.ts';
import { publishedFile } from './published-file.ts';

const sha256 = 'a'.repeat(64);
const lock = parseLock(
  `
kubernetes: v1.0.0
binaries:
  tool:
    version: v1.2.3
    go: {wrapper: tool, packages: {tool: example.org/tool, other: example.org/other}}
    download:
      tool:
        url: https://example.org/{version}/tool-{number}-{os}-{arch}-{cpu}.tar.gz
        member: tool-{os}/tool
        sha256: {linux/amd64: "${sha256}"}
`,
  'lock.yaml',
);

it('returns the address, the path in the archive and the checksum for a platform', () => {
  expect(publishedFile(lock, 'tool', 'linux/amd64')).toEqual({
    executable: 'tool',
    version: 'v1.2.3',
    url: 'https://example.org/v1.2.3/tool-1.2.3-linux-amd64-x64.tar.gz',
    member: 'tool-linux/tool',
    sha256,
  });
  expect(publishedFile(lock, 'tool', 'darwin/arm64')).toMatchObject({
    url: 'https://example.org/v1.2.3/tool-1.2.3-darwin-arm64-arm64.tar.gz',
    sha256: undefined,
  });
});

it('returns nothing for a program that upstream does not publish', () => {
  expect(publishedFile(lock, 'other', 'linux/amd64')).toBeUndefined();
});

it.each(['kind', 'kubectl', 'helm'])('returns the checksum of %s for every platform', (name) => {
  for (const platform of platforms) {
    const published = publishedFile(loadLock(), name, platform);
    expect(published?.url, platform).toMatch(/^https:\/\/[^{}]+$/);
    expect(published?.sha256, platform).toBeDefined();
  }
});
