import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadLock } from '../../images/lock/index.ts';
import { mirrorFolder } from '../../images/mirror/index.ts';
import { parseReference } from '../../images/oci/index.ts';
import { pending } from './missing-supply.ts';

const lock = loadLock();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'missing-supply-'));
  vi.stubEnv('PLINTH_CACHE', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('an environment lacks its own images and their programs, and not those of others', () => {
  const { images, binaries } = pending(lock);
  expect(images).toBeGreaterThan(20);
  const none = pending(lock, []);
  expect(none.images).toBe(0);
  expect(none.binaries).toBeLessThan(binaries);
  expect(pending(lock, ['pause'])).toEqual({ images: 1, binaries: none.binaries + 1 });
});

test('an image that is there needs no program', () => {
  const { host, path, tag } = parseReference(lock.images.pause?.ref ?? '');
  const tags = join('docker/registry/v2/repositories', host, path, '_manifests/tags');
  mkdirSync(join(mirrorFolder(), tags, tag), { recursive: true });
  expect(pending(lock, ['pause'])).toEqual(pending(lock, []));
});
