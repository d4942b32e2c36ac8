import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { dockerArchive } from './docker-archive.ts';
import { ImageStore } from './image-store.ts';

const folder = await mkdtemp(join(tmpdir(), 'plinth-archive-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has the configuration, each layer once and unchanged, and the name of the image in manifests', async () => {
  const store = new ImageStore(folder);
  const config = await store.putBlob('example.org/a', Buffer.from('{"os":"linux"}'));
  const layer = await store.putBlob('example.org/a', gzipSync('a layer'));
  const empty = await store.putBlob('example.org/a', gzipSync(''));
  const input = await buffer(
    dockerArchive('example.org/a:v1', { config, layers: [empty, layer, empty] }, store),
  );
  const list = await execa('tar', ['--list'], { input });
  const hex = (blob: { digest: string }): string => blob.digest.replace('sha256:', '');
  expect(list.stdout.split('\n')).toEqual([
    'manifest.json',
    `${hex(config)}.json`,
    `${hex(empty)}.tar.gz`,
    `${hex(layer)}.tar.gz`,
  ]);
  const description = await execa('tar', ['--extract', '--to-stdout', 'manifest.json'], { input });
  expect(JSON.parse(description.stdout)).toEqual([
    {
      Config: `${hex(config)}.json`,
      RepoTags: ['example.org/a:v1'],
      Layers: [`${hex(empty)}.tar.gz`, `${hex(layer)}.tar.gz`, `${hex(empty)}.tar.gz`],
    },
  ]);
  const content = await execa('tar', ['--extract', '--to-stdout', `${hex(layer)}.tar.gz`], {
    input,
    encoding: 'buffer',
  });
  expect(Buffer.from(content.stdout)).toEqual(gzipSync('a layer'));
});

it('has a layer of zstd decompressed, because Docker before 23 does not read zstd', async () => {
  const store = new ImageStore(folder);
  const config = await store.putBlob('example.org/z', Buffer.from('{"os":"linux"}'));
  const blob = await store.putBlob('example.org/z', zstdCompressSync('a layer of zstd'));
  const layer = { ...blob, mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' };
  const input = await buffer(dockerArchive('example.org/z:v1', { config, layers: [layer, layer] }, store));
  const name = `${blob.digest.replace('sha256:', '')}.tar`;
  const description = await execa('tar', ['--extract', '--to-stdout', 'manifest.json'], { input });
  expect(JSON.parse(description.stdout)[0].Layers).toEqual([name, name]);
  const content = await execa('tar', ['--extract', '--to-stdout', name], { input });
  expect(content.stdout).toBe('a layer of zstd');
});

it('fails if a zstd layer is damaged', async () => {
  const store = new ImageStore(folder);
  const config = await store.putBlob('example.org/d', Buffer.from('{"os":"linux"}'));
  const blob = await store.putBlob('example.org/d', zstdCompressSync('a layer').subarray(0, 10));
  const layer = { ...blob, mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' };
  await expect(
    buffer(dockerArchive('example.org/d:v1', { config, layers: [layer] }, store)),
  ).rejects.toThrow();
});
