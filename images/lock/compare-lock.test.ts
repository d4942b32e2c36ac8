import { expect, it } from 'vitest';
import { type Ask, compareLock } from './compare-lock.ts';
import { parseLock } from './read.ts';

const a = `sha256:${'a'.repeat(64)}`;
const b = `sha256:${'b'.repeat(64)}`;
const sum = 'c'.repeat(64);

const lock = parseLock(
  `
kubernetes: v1.0.0
binaries:
  kind:
    version: v0.1.0
    go: {wrapper: kind, packages: {kind: sigs.k8s.io/kind}}
    download:
      kind:
        url: https://example.org/kind-{os}-{arch}
        sha256: {linux/amd64: "${sum}", linux/arm64: "${sum}", darwin/amd64: "${sum}"}
images:
  kindest-node: {ref: "docker.io/kindest/node:v1.0.0", digest: "${a}"}
  same: {ref: "docker.io/library/same:1", digest: "${a}"}
  moved: {ref: "docker.io/library/moved:1", digest: "${a}"}
  new: {ref: "ghcr.io/some/new:1"}
  gone: {ref: "quay.io/some/gone:1", digest: "${a}"}
  deaf: {ref: "registry.k8s.io/deaf:1"}
  ours: {ref: "registry.plinth.internal/plinth/ours:1"}
artifacts:
  crds: {ref: "github.com/example/crds:v1.0.0", digest: "${a}", build: {module: example.org/m, version: v1.0.0, paths: [crd]}}
nodeImages:
  v0.1.0: {v1.0.0: "${a}"}
`,
  'lock.yaml',
);

const asked: string[] = [];
const ask: Ask = {
  manifest: async ({ host, path }, what) => {
    asked.push(`${host}/${path} ${what}`);
    if (path === 'deaf') throw new Error('the registry at https://registry.k8s.io does not answer');
    if (path === 'some/gone') return undefined;
    return path === 'library/same' || path === 'kindest/node' ? a : b;
  },
  file: async (url) => {
    asked.push(url);
    return sum;
  },
  artifact: async () => b,
};

it('returns the locked and the upstream value of each image, artifact and missing checksum', async () => {
  asked.length = 0;
  const compared = await compareLock(lock, [], ask);
  expect(
    compared.map(({ path, locked, found, problem }) => [path.join('.'), locked, found ?? problem]),
  ).toEqual([
    ['images.kindest-node.digest', a, a],
    ['images.same.digest', a, a],
    ['images.moved.digest', a, b],
    ['images.new.digest', undefined, b],
    ['images.gone.digest', a, 'upstream has none'],
    ['images.deaf.digest', undefined, 'the registry at https://registry.k8s.io does not answer'],
    ['artifacts.crds.digest', a, b],
    ['binaries.kind.download.kind.sha256.darwin/arm64', undefined, sum],
  ]);
  // The tag of a node image moves with Kind, its digest does not; and what is ours nobody else has.
  expect(asked.sort()).toEqual([
    `docker.io/kindest/node ${a}`,
    'docker.io/library/moved 1',
    'docker.io/library/same 1',
    'ghcr.io/some/new 1',
    'https://example.org/kind-darwin-arm64',
    'quay.io/some/gone 1',
    'registry.k8s.io/deaf 1',
  ]);
});

it('compares only the given names, and then also downloads programs with known checksums', async () => {
  asked.length = 0;
  await compareLock(lock, ['kind', 'same'], ask);
  expect(asked.sort()).toEqual([
    'docker.io/library/same 1',
    'https://example.org/kind-darwin-amd64',
    'https://example.org/kind-darwin-arm64',
    'https://example.org/kind-linux-amd64',
    'https://example.org/kind-linux-arm64',
  ]);
});

it('lists the known names for an unknown one, before any request', async () => {
  asked.length = 0;
  await expect(compareLock(lock, ['same', 'kinds'], ask)).rejects.toThrow(
    "images/lock.yaml has no image, artifact or download 'kinds'. It has crds, deaf, gone, kind, kindest-node,",
  );
  expect(asked).toEqual([]);
});
