import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { ImageStore } from './image-store.ts';

describe('ImageStore', () => {
  let folder: string;
  let store: ImageStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plinth-store-'));
    store = new ImageStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('returns every blob unchanged, under its digest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const { digest, size } = await store.putBlob('example.org/a', bytes);
        expect(digest).toBe(digestOf(Buffer.from(bytes)));
        expect(store.blobSize(digest)).toBe(size);
        expect(await buffer(store.openBlob(digest))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 30 },
    );
    expect(await readdir(join(folder, 'docker/registry/v2/partial'))).toEqual([]);
  });

  it('leaves no file of a blob whose source fails', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      throw new Error('the source failed');
    };
    await expect(store.putBlob('example.org/a', source())).rejects.toThrow('the source failed');
    expect(await readdir(join(folder, 'docker/registry/v2/partial'))).toEqual([]);
  });

  it('refuses a finished download with another digest, names both, and removes it', async () => {
    const wanted = digestOf('right');
    await writeFile(await store.partialBlob(wanted), 'wrong');
    await expect(store.commitBlob('example.org/a', wanted)).rejects.toThrow(
      `expected ${wanted} and received ${digestOf('wrong')}`,
    );
    expect(store.blobSize(wanted)).toBeUndefined();
    await writeFile(await store.partialBlob(wanted), 'right');
    await store.commitBlob('example.org/a', wanted);
    expect(store.blobSize(wanted)).toBe(5);
  });

  it('finds a manifest by tag and by digest, and recognises an index without a media type', async () => {
    const text = JSON.stringify({ schemaVersion: 2, layers: [] });
    const digest = await store.putManifest('example.org/a', text, 'v1');
    const found = { type: 'application/vnd.oci.image.manifest.v1+json', text, digest };
    expect(store.manifest('example.org/a', 'v1')).toEqual(found);
    expect(store.manifest('example.org/a', digest)).toEqual(found);
    expect(store.manifest('example.org/b', digest)).toBeUndefined();
    await store.putManifest('example.org/a', JSON.stringify({ schemaVersion: 2, manifests: [] }), 'v2');
    expect(store.manifest('example.org/a', 'v2')?.type).toBe('application/vnd.oci.image.index.v1+json');
  });

  it('refuses names with a path out of its folder', async () => {
    for (const name of ['../x', 'a/../../x', '/etc', 'a//b', '_layers', 'a/_manifests']) {
      await expect(store.putManifest(name, '{}')).rejects.toThrow('is no name of a repository');
    }
  });
});
