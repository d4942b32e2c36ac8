import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { storedImage } from '../mirror/folder.ts';
import { digestOf } from '../oci/digest.ts';
import { ensureChart, findChart } from './chart.ts';
import { mirrorChart } from './registry-chart.ts';

const archive = Buffer.from('what a chart is, is for Helm to say');
const manifest = JSON.stringify({
  schemaVersion: 2,
  config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf('{}'), size: 2 },
  layers: [
    {
      mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      digest: digestOf(archive),
      size: archive.length,
    },
  ],
});
const index = `entries:
  watcher:
    - { version: 1.10.0, urls: [watcher-1.10.0.tgz] }
    - { version: 2.0.0-rc.1, urls: [watcher-2.tgz] }
    - { version: 1.9.9, urls: [watcher-1.9.9.tgz] }
`;
const files: Record<string, string | Buffer> = {
  '/charts/index.yaml': index,
  '/charts/watcher-1.10.0.tgz': archive,
  '/page/index.yaml': '<!doctype html>',
  '/v2/team/watcher/tags/list': JSON.stringify({ tags: ['1.9.9', '1.10.0', '2.0.0-rc.1'] }),
  '/v2/team/watcher/manifests/1.10.0': manifest,
  [`/v2/team/watcher/manifests/${digestOf(manifest)}`]: manifest,
  [`/v2/team/watcher/blobs/${digestOf(archive)}`]: archive,
  [`/v2/team/watcher/blobs/${digestOf('{}')}`]: '{}',
  '/v2/team/image/manifests/1.0.0': JSON.stringify({
    schemaVersion: 2,
    config: { digest: digestOf('{}'), size: 2 },
    layers: [],
  }),
};
let asked: string[] = [];
let server: Server;
let folder = '';
let url = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-charts-'));
  server = createServer(({ url: path = '' }, response) => {
    asked.push(path);
    const body = files[path];
    response
      .writeHead(body === undefined ? 404 : 200)
      .end(body ?? '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
});

afterAll(async () => {
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

let count = 0;
function own(): void {
  vi.stubEnv('PLINTH_CACHE', join(folder, String(++count)));
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', `quay.io=${url}`);
  asked = [];
}
afterEach(() => void vi.unstubAllEnvs());

const oci = { oci: 'oci://quay.io/team/watcher' };
const repository = () => ({ repository: `${url}/charts`, name: 'watcher' });

describe('a chart', () => {
  it('of a registry is the archive in its manifest, and is downloaded once', async () => {
    own();
    const chart = { ...oci, version: '1.10.0', digest: digestOf(manifest) };
    expect(readFileSync(await ensureChart(chart))).toEqual(archive);
    asked = [];
    expect(readFileSync(await ensureChart(chart))).toEqual(archive);
    expect(asked).toEqual([]);
  });

  it('of a repository is the archive in its index', async () => {
    own();
    const chart = { ...repository(), version: '1.10.0', digest: digestOf(archive) };
    expect(readFileSync(await ensureChart(chart))).toEqual(archive);
  });

  it('is copied to the mirror under the same name and digest, once', async () => {
    own();
    const chart = { ...oci, version: '1.10.0', digest: digestOf(manifest) };
    const options = { report: () => {} };
    expect(await mirrorChart(chart, options)).toBe(true);
    const { store, path, tag } = storedImage('quay.io/team/watcher:1.10.0');
    expect(store.manifest(path, tag)).toMatchObject({ digest: digestOf(manifest), text: manifest });
    expect(store.blobSize(digestOf(archive))).toBe(archive.length);
    asked = [];
    expect(await mirrorChart(chart, options)).toBe(false);
    expect(asked).toEqual([]);
  });

  it('with another digest is refused, and the error has its digest', async () => {
    own();
    const other = { ...repository(), version: '1.10.0', digest: digestOf('another') };
    await expect(ensureChart(other)).rejects.toMatchObject({
      part: 'digest',
      fix: expect.stringContaining(digestOf(archive)),
    });
    await expect(
      ensureChart({ ...oci, version: '1.10.0', digest: digestOf('another') }),
    ).rejects.toMatchObject({
      part: 'digest',
      message: `oci://quay.io/team/watcher has no manifests/${digestOf('another')}`,
    });
  });

  it.each([
    [
      'a version that is not there',
      () => ({ ...repository(), version: '1.0.0' }),
      'version',
      'it has 1.10.0, 2.0.0-rc.1, 1.9.9',
    ],
    ['a name that is not there', () => ({ ...repository(), name: 'other' }), 'version', 'it has watcher'],
    [
      'a page',
      () => ({ repository: `${url}/page`, name: 'watcher' }),
      'place',
      'write the address of a repository of charts',
    ],
    [
      'an address that nothing answers',
      () => ({ repository: `${url}/no`, name: 'watcher' }),
      'place',
      expect.stringContaining('see that it opens from here'),
    ],
    [
      'an image',
      () => ({ oci: 'oci://quay.io/team/image', version: '1.0.0' }),
      'place',
      'write the address of a chart',
    ],
  ])('is refused for %s', async (_what, place, part, fix) => {
    own();
    const { version, ...rest } = { version: undefined, ...place() };
    await expect(findChart(rest, version)).rejects.toMatchObject({ name: 'ChartFailure', part, fix });
  });

  it('without a version is the newest release, in a registry and in a repository', async () => {
    own();
    expect(await findChart(oci, undefined)).toMatchObject({ version: '1.10.0', digest: digestOf(manifest) });
    expect(await findChart(repository(), undefined)).toMatchObject({
      version: '1.10.0',
      digest: digestOf(archive),
    });
  });
});
