import { describe, expect, it } from 'vitest';
import { loadLock, parseLock } from './lock.ts';

const pause = `
  pause:
    version: v1.0.0
    go: {wrapper: pause, packages: {pause: .}}`;

/** What is said of a lock file. */
function complaintOf(text: string): string {
  try {
    parseLock(text, 'lock.yaml');
    return 'none';
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
}

describe('parseLock', () => {
  it('reads the lock file of this repository', () => {
    expect(loadLock().binaries.kubernetes?.version).toBe(loadLock().kubernetes);
  });

  it.each([
    [
      'a version that YAML takes for a number',
      'kubernetes: 1.36',
      "kubernetes is the number 1.36: expected a text\n  fix: put it in quotes: kubernetes: '1.36'",
    ],
    ['latest', 'kubernetes: latest', 'lock.yaml:1:13 bad-value'],
    [
      'an image without a host',
      'kubernetes: v1.0.0\nimages:\n  nginx: {ref: "nginx:1.27"}',
      'lock.yaml:3:16 bad-value',
    ],
    [
      'an image at latest',
      'kubernetes: v1.0.0\nimages:\n  nginx: {ref: "docker.io/library/nginx:latest"}',
      'latest is another image tomorrow',
    ],
    [
      'two components with one executable',
      `kubernetes: v1.0.0\nbinaries:${pause}${pause.replace('  pause:', '  other:')}`,
      'lock.yaml:8:44 bad-value',
    ],
    [
      'an image of an executable that there is not',
      `kubernetes: v1.0.0\nbinaries:${pause}\nimages:\n  p: {ref: "registry.k8s.io/pause:3.10", build: {binaries: {/pause: pose}}}`,
      'no component under binaries has an executable pose',
    ],
    [
      'a download without a checksum',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    download: {pause: {url: "https://example.org/pause"}}`,
      "the key 'sha256' is missing in binaries.pause.download.pause",
    ],
    [
      'a download of an executable that there is not',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    download: {pose: {url: "https://example.org/pause", sha256: ${'a'.repeat(64)}}}`,
      'pause has no executable pose: it has pause',
    ],
    ['a key that nobody knows', 'kubernetes: v1.0.0\nbinary: {}', "unknown key 'binary'"],
    ['YAML that is none', 'kubernetes: [', 'yaml-syntax'],
  ])('refuses %s', (_, text, complaint) => {
    expect(complaintOf(text)).toContain(complaint);
  });
});
