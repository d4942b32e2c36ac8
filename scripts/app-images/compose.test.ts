import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { containerArchitecture } from '../../images/engine/index.ts';
import { digestOf, ImageStore } from '../../images/oci/index.ts';
import { compose } from './compose.ts';
import { compositionOf } from './composition.ts';

let folder: string;
let store: ImageStore;
const base = () => ({ store, path: 'docker.io/library/node', tag: '24' });
const target = () => ({ store, path: 'registry.example.org/shop', tag: 'a1' });
const layer = gzipSync('a layer');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-compose-'));
  store = new ImageStore(folder);
  const { path, tag } = base();
  const config = Buffer.from(
    JSON.stringify({
      ...{ os: 'linux', architecture: containerArchitecture() },
      config: {
        Env: ['PATH=/bin', 'COLOUR=blue'],
        Cmd: ['node'],
        Entrypoint: ['/entry'],
        Labels: { a: 'b' },
      },
      rootfs: { type: 'layers', diff_ids: ['sha256:1'] },
      history: [{ created_by: 'them' }],
    }),
  );
  for (const blob of [config, layer]) await store.putBlob(path, blob);
  const type = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
  const manifest = {
    config: { digest: digestOf(config), size: config.length },
    layers: [{ mediaType: type, digest: digestOf(layer), size: layer.length }],
  };
  await store.putManifest(path, JSON.stringify(manifest), tag);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function made(dockerfile: string) {
  const context = [
    { path: 'dist/server.mjs', mode: 0o644, kind: 'file' as const, content: Buffer.from('1') },
  ];
  const composition = compositionOf(dockerfile, context);
  if ('reason' in composition) throw new Error(composition.reason);
  const digest = await compose(composition, base(), target());
  const { path, tag } = target();
  const stored = store.manifest(path, tag);
  const manifest = JSON.parse(stored?.text ?? '');
  const read = (blob: string) => readFileSync(store.blobFile(blob));
  return { digest, stored, manifest, config: JSON.parse(read(manifest.config.digest).toString()), read };
}

it("has one layer over those of the base, and its configuration with the Dockerfile's changes", async () => {
  const dockerfile =
    'FROM a\nWORKDIR /app\nENV COLOUR=red\nCOPY dist dist\nUSER 1000\nEXPOSE 80\nCMD ["node", "x"]';
  const { digest, stored, manifest, config, read } = await made(dockerfile);
  expect(stored?.digest).toBe(digest);
  expect(manifest.layers.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual([
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.oci.image.layer.v1.tar+zstd',
  ]);
  expect(config.config).toEqual({
    ...{ Cmd: ['node', 'x'], Entrypoint: ['/entry'], Labels: { a: 'b' }, WorkingDir: '/app', User: '1000' },
    ...{ Env: ['PATH=/bin', 'COLOUR=red'], ExposedPorts: { '80/tcp': {} } },
  });
  const archive = zstdDecompressSync(read(manifest.layers[1].digest));
  expect(config.rootfs.diff_ids).toEqual(['sha256:1', digestOf(archive)]);
  expect(config.history).toHaveLength(2);
  const names: string[] = [];
  const entries = extract();
  entries.end(archive);
  for await (const entry of entries) {
    names.push(`${entry.header.name} ${entry.header.uid} ${entry.header.mode?.toString(8)}`);
    entry.resume();
  }
  expect(names).toEqual(['app/ 0 755', 'app/dist/ 0 755', 'app/dist/server.mjs 0 644']);
  expect((await made(dockerfile)).digest).toBe(digest);
});

it('drops the arguments of the base image if the Dockerfile sets the program', async () => {
  const { config } = await made('FROM a\nENTRYPOINT ["/start"]');
  expect(config.config).toMatchObject({ Entrypoint: ['/start'] });
  expect(config.config).not.toHaveProperty('Cmd');
});
