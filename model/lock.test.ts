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
      'lock.yaml:1:13: kubernetes: a version is text',
    ],
    ['latest', 'kubernetes: latest', 'lock.yaml:1:13: kubernetes: a version looks like'],
    [
      'an image without a host',
      'kubernetes: v1.0.0\nimages:\n  nginx: {ref: "nginx:1.27"}',
      'lock.yaml:3:16: images.nginx.ref: a reference is HOST/PATH:TAG',
    ],
    [
      'an image at latest',
      'kubernetes: v1.0.0\nimages:\n  nginx: {ref: "docker.io/library/nginx:latest"}',
      'nothing says latest',
    ],
    [
      'two components with one executable',
      `kubernetes: v1.0.0\nbinaries:${pause}${pause.replace('  pause:', '  other:')}`,
      'lock.yaml:8:44: binaries.other.go.packages.pause: the executable pause already comes from pause',
    ],
    [
      'an image of an executable that there is not',
      `kubernetes: v1.0.0\nbinaries:${pause}\nimages:\n  p: {ref: "registry.k8s.io/pause:3.10", build: {binaries: {/pause: pose}}}`,
      'no component under binaries has an executable pose',
    ],
    [
      'a download without a checksum',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    download: {pause: {url: "https://example.org/pause"}}`,
      'binaries.pause.download.pause.sha256',
    ],
    [
      'a download of an executable that there is not',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    download: {pose: {url: "https://example.org/pause", sha256: ${'a'.repeat(64)}}}`,
      'pause has no executable pose: it has pause',
    ],
    [
      'a key that nobody knows',
      'kubernetes: v1.0.0\nbinary: {}',
      'lock.yaml:1:1: the file: Unrecognized key',
    ],
    ['YAML that is none', 'kubernetes: [', 'lock.yaml:1:14: '],
  ])('refuses %s', (_, text, complaint) => {
    expect(complaintOf(text)).toContain(complaint);
  });
});
