import { describe, expect, it } from 'vitest';
import { loadLock, parseLock } from './read.ts';

const pause = `
  pause:
    version: v1.0.0
    go: {wrapper: pause, packages: {pause: .}}`;

const digest = `sha256:${'a'.repeat(64)}`;

function nodeImage(ref: string, its: string): string {
  return `
kubernetes: v1.0.0
binaries:
  kind: {version: v0.1.0, go: {wrapper: kind, packages: {kind: sigs.k8s.io/kind}}}
images:
  kindest-node: {ref: "${ref}", digest: "${its}"}
nodeImages:
  v0.1.0: {v1.2.3: "${digest}"}
`;
}

/** The messages about a lock file. */
function complaintOf(text: string): string {
  try {
    parseLock(text, 'lock.yaml');
    return 'none';
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
}

describe('parseLock', () => {
  it('accepts the lock file of this repository', () => {
    expect(loadLock().binaries.kubernetes?.version).toBe(loadLock().kubernetes);
  });

  it("has one of Kind's own node images, for the locked version of Kubernetes", () => {
    const { kubernetes, binaries, images, nodeImages } = loadLock();
    const made = nodeImages[binaries.kind?.version ?? ''];
    expect(images['kindest-node']).toEqual({
      ref: `docker.io/kindest/node:${kubernetes}`,
      digest: made?.[kubernetes] ?? 'a digest',
    });
  });

  it("accepts a node image with Kind's digest", () => {
    expect(complaintOf(nodeImage('docker.io/kindest/node:v1.2.3', digest))).toBe('none');
  });

  it.each([
    [
      'a version that YAML takes for a number',
      'kubernetes: 1.36',
      'lock.yaml:1:13: kubernetes: Invalid input: expected string, received number',
    ],
    ['latest', 'kubernetes: latest', "lock.yaml:1:13: kubernetes: a version such as 'v1.2.3'"],
    [
      'an image without a host',
      'kubernetes: v1.0.0\nimages:\n  nginx: {ref: "nginx:1.27"}',
      'lock.yaml:3:16: images.nginx.ref: a reference such as',
    ],
    [
      'an image at latest',
      'kubernetes: v1.0.0\nimages:\n  nginx: {ref: "docker.io/library/nginx:latest"}',
      'latest changes its content',
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
      'a download over an open line',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    download: {pause: {url: "http://example.org/pause"}}`,
      'binaries.pause.download.pause.url',
    ],
    [
      'a checksum for a platform that there is not',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    download: {pause: {url: "https://example.org/pause", sha256: {linux/riscv64: ${'a'.repeat(64)}}}}`,
      'linux/riscv64',
    ],
    [
      'a node image that Kind does not have',
      nodeImage('docker.io/kindest/node:v1.2.4', digest),
      'Kind v0.1.0 has no node image v1.2.4: it has v1.2.3 (nodeImages)',
    ],
    [
      'another digest than that of the node image that Kind has',
      nodeImage('docker.io/kindest/node:v1.2.3', `sha256:${'b'.repeat(64)}`),
      `the digest of v1.2.3 in Kind v0.1.0 is ${digest} (nodeImages): write that digest`,
    ],
    [
      'a download of an executable that there is not',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    download: {pose: {url: "https://example.org/pause"}}`,
      'pause has no executable pose: it has pause',
    ],
    [
      'a wheel of an executable that there is not',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    wheels: {pose: {package: pause-bin, sha256: {}}}`,
      'pause has no executable pose: it has pause',
    ],
    [
      'a wheel of one executable of two',
      'kubernetes: v1.0.0\nbinaries:\n  pause:\n    version: v3.10\n    go: {wrapper: pause, packages: {pause: ., wait: ./wait}}\n    wheels: {pause: {package: pause-bin, sha256: {}}}',
      'a component is pulled or built as a whole: add a wheel for wait',
    ],
    [
      'a wheel for a system on which no container runs',
      `kubernetes: v1.0.0\nbinaries:${pause}\n    wheels: {pause: {package: pause-bin, sha256: {darwin/arm64: ${'a'.repeat(64)}}}}`,
      'darwin/arm64',
    ],
    [
      'a key that nobody knows',
      'kubernetes: v1.0.0\nbinary: {}',
      'lock.yaml:1:1: the file: Unrecognized key: "binary"',
    ],
    ['YAML that is none', 'kubernetes: [', 'lock.yaml:1:14: Flow sequence'],
  ])('refuses %s', (_, text, complaint) => {
    expect(complaintOf(text)).toContain(complaint);
  });
});
