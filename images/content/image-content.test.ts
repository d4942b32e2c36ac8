import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { fileOf, packImage } from '../../test/registries/packed-image.ts';
import { digestOf } from '../oci/digest.ts';
import { ImageStore } from '../oci/image-store.ts';
import type { TarEntry } from '../oci/tar.ts';
import { imageContent } from './image-content.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-content-'));
afterAll(() => rmSync(folder, { recursive: true }));
const image = { store: new ImageStore(folder), path: 'host/shop', tag: 'abc' };

async function contentOf(...layers: TarEntry[][]) {
  await packImage(image, layers);
  return imageContent(image);
}

/** Packages as `TYPE NAME VERSION`. */
async function packagesOf(...layers: TarEntry[][]): Promise<string[]> {
  const { packages } = await contentOf(...layers);
  return packages.map(({ type, name, version }) => `${type} ${name} ${version}`);
}

const npm = (at: string, name: string, version: string) =>
  fileOf(`${at}/package.json`, JSON.stringify({ name, version, license: 'MIT' }));

/** A program with the build information that Go writes, after bytes that only look like it. */
function goProgram(lines: string[], version = 'go1.26.8'): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
    return Buffer.concat([Buffer.from(length), bytes]);
  };
  const magic = Buffer.from('\xff Go buildinf:', 'latin1');
  const [decoy, real] = [Buffer.alloc(32), Buffer.alloc(32)];
  for (const header of [decoy, real]) magic.copy(header);
  [decoy[15], real[15]] = [0, 2];
  const start = Buffer.alloc(16);
  Buffer.from('\x7fELF').copy(start);
  const info = `0123456789abcdef${lines.join('\n')}\n0123456789abcdef`;
  return Buffer.concat([start, decoy, real, text(version), text(info)]);
}

it('finds packages of Debian, Alpine, npm and Python, modules of Go programs, and Node', async () => {
  const dpkg = 'Package: libc6\nStatus: install ok installed\nVersion: 1:2.41-12\nArchitecture: amd64\n';
  const removed = 'Package: old\nStatus: deinstall ok config-files\nVersion: 1\n';
  const program = goProgram([
    'path\texample.org/program',
    'mod\texample.org/program\t(devel)\t',
    'dep\texample.org/a\tv1.0.0\th1:x=',
    'dep\texample.org/b\tv1.0.0',
    '=>\texample.org/fork\tv2.0.0\th1:y=',
    'dep\texample.org/folder\tv0.0.0',
    '=>\t./folder\t(devel)\t',
  ]);
  expect(
    await packagesOf([
      fileOf('app/main', program, 0o755),
      npm('app/node_modules/@scope/left', '@scope/left', 'v1.0.0'),
      npm('app/not-modules/left', 'left', '1.0.0'),
      fileOf('lib/apk/db/installed', 'C:Q1\nP:musl\nV:1.2.5-r9\nA:x86_64\nL:MIT\n\nP:zlib\nV:1.3-r2\n'),
      fileOf('usr/bin/node', Buffer.from('\x7fELF and so on node.js/v24.21.0\0'), 0o755),
      fileOf(
        'usr/lib/python3/dist-packages/six-1.17.0.dist-info/METADATA',
        'Name: six\nVersion: 1.17.0\n\nText',
      ),
      fileOf('var/lib/dpkg/status', `${dpkg}\n${removed}`),
      fileOf('var/lib/dpkg/status.d/tzdata', 'Package: tzdata\nVersion: 2026a\n'),
      fileOf('var/lib/dpkg/status.d/tzdata.md5sums', 'Package: tzdata\nVersion: 2026a\n'),
    ]),
  ).toEqual([
    'golang stdlib 1.26.8',
    'golang example.org/a v1.0.0',
    'golang example.org/fork v2.0.0',
    'npm @scope/left 1.0.0',
    'apk musl 1.2.5-r9',
    'apk zlib 1.3-r2',
    'generic node 24.21.0',
    'pypi six 1.17.0',
    'deb libc6 1:2.41-12',
    'deb tzdata 2026a',
  ]);
});

it('follows what later layers change, remove and hide', async () => {
  const at = 'app/node_modules';
  const below = [
    npm(`${at}/changed`, 'changed', '1.0.0'),
    npm(`${at}/removed`, 'removed', '1.0.0'),
    npm(`${at}/removed/node_modules/inner`, 'inner', '1.0.0'),
    npm(`${at}/removed-not`, 'removed-not', '1.0.0'),
    npm('opt/node_modules/hidden', 'hidden', '1.0.0'),
    npm('link/node_modules/lost', 'lost', '1.0.0'),
  ];
  const above: TarEntry[] = [
    npm(`${at}/changed`, 'changed', '2.0.0'),
    fileOf(`${at}/.wh.removed`, ''),
    { path: 'opt/node_modules', mode: 0o755, kind: 'directory' },
    fileOf('opt/node_modules/.wh..wh..opq', ''),
    npm('opt/node_modules/fresh', 'fresh', '1.0.0'),
    { path: 'link', mode: 0o777, kind: 'link', target: 'app' },
  ];
  expect((await packagesOf(below, above)).sort()).toEqual([
    'npm changed 2.0.0',
    'npm fresh 1.0.0',
    'npm removed-not 1.0.0',
  ]);
});

it('reads the distribution, and the folders that source maps name', async () => {
  const sources = [
    '../src/a.ts',
    '../../../node_modules/@s/a/x.js',
    '../../node_modules/b/node_modules/c/y.js',
  ];
  expect(
    await contentOf([
      fileOf('app/dist/server.mjs.map', JSON.stringify({ sources })),
      fileOf('app/dist/other.js.map', 'no JSON'),
      fileOf('usr/lib/os-release', 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="13"\n'),
    ]),
  ).toEqual({
    packages: [],
    distribution: { id: 'debian', version: '13' },
    bundled: ['node_modules/@s/a', 'node_modules/b/node_modules/c'],
  });
});

it('leaves out files that only have the name of such a file', async () => {
  expect(
    await packagesOf([
      fileOf('app/node_modules/a/package.json', '{"name": 7}'),
      fileOf('app/node_modules/b/package.json', 'no JSON'),
      fileOf('app/node', '#!/bin/sh\n', 0o755),
      fileOf('app/go', goProgram([], 'no version'), 0o755),
      fileOf('app/cut', goProgram(['dep\texample.org/a\tv1.0.0']).subarray(0, 70), 0o755),
    ]),
  ).toEqual([]);
});

it('refuses a layer that is no archive', async () => {
  const blob = gzipSync(Buffer.alloc(2048, 'x'));
  const layer = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(blob),
    size: blob.length,
  };
  await image.store.putBlob(image.path, blob);
  const manifest = { config: { digest: digestOf('{}'), size: 2 }, layers: [layer] };
  await image.store.putManifest(image.path, JSON.stringify(manifest), 'no-archive');
  await expect(imageContent({ ...image, tag: 'no-archive' })).rejects.toThrow('no tar archive');
});
