import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { infoOf } from '../../test/images/engine-info.ts';
import { writeImageNote } from '../cache/image-note.ts';
import type { Engine } from '../engine/engine.ts';
import { loadLock } from '../lock/read.ts';
import { digestOf } from '../oci/digest.ts';
import { ImageStore } from '../oci/image-store.ts';
import { tar } from '../oci/tar.ts';
import { silent } from '../report.ts';
import { compilerImage, debianImage, dockerfileOf } from './dockerfile.ts';
import { imageKey } from './image-key.ts';
import { buildOwnImage } from './own-image.ts';

const lock = loadLock();

let folder: string;
let engine: Engine;

/** A client of an engine that has every image, keeps what it is given to build, and saves an image of one layer. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-own-image-'));
  vi.stubEnv('PLINTH_CACHE', join(folder, 'cache'));
  vi.stubEnv('PLINTH_SUPPLY', 'pull');
  const layer = await archive({ file: 'content' });
  const config = JSON.stringify({ rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } });
  const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: [], Layers: ['layer.tar'] }]);
  const saved = await archive({ 'manifest.json': manifest, 'config.json': config, 'layer.tar': layer });
  writeFileSync(join(folder, 'saved.tar'), saved);
  const script = `#!/bin/sh
set -eu
cd '${folder}'
echo "$*" >> calls
case "$1" in
  image) echo 1234 ;;
  build) for context; do :; done; cp -Rp "$context" context ;;
  save) cat saved.tar ;;
esac
`;
  writeFileSync(join(folder, 'docker'), script);
  chmodSync(join(folder, 'docker'), 0o755);
  engine = {
    name: 'docker',
    private: false,
    command: join(folder, 'docker'),
    env: {},
    info: infoOf('Docker 28'),
  };
  for (const name of [compilerImage, debianImage]) await notePulled(name);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** As it is noted of an image that was pulled into this engine before. */
async function notePulled(name: string): Promise<void> {
  const image = lock.images[name];
  if (image === undefined) throw new Error(`no ${name}`);
  const note = { key: imageKey(lock, image), ref: image.ref, digest: '1234', seconds: 1, size: 1234 };
  await writeImageNote(`engine-${name}`, { ...note, source: 'pulled' });
}

async function archive(files: Record<string, string | Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const entries = Object.entries(files).map(([path, content]) => ({
    path,
    mode: 0o644,
    kind: 'file' as const,
    content,
  }));
  for await (const chunk of tar(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function build(name: string): Promise<{ digest: string; calls: string[]; store: ImageStore }> {
  const image = lock.images[name];
  if (image === undefined) throw new Error(`no ${name}`);
  mkdirSync(join(folder, 'store'));
  const store = new ImageStore(join(folder, 'store'));
  const target = { store, path: `here/${name}`, tag: '1' };
  const { digest } = await buildOwnImage(lock, image, target, { engine, report: silent });
  return { digest, calls: readFileSync(join(folder, 'calls'), 'utf8').split('\n'), store };
}

it('builds the Git server on the engine from its files, readable with any umask, and stores the result', async () => {
  const before = process.umask(0o077);
  const { digest, calls, store } = await build('git-server').finally(() => process.umask(before));
  const { ref, build: description } = lock.images['git-server'] ?? {};
  expect(calls.find((call) => call.startsWith('build '))).toMatch(`build --quiet --tag ${ref} `);
  expect(store.manifest('here/git-server', '1')?.digest).toBe(digest);
  const context = join(folder, 'context');
  expect(readFileSync(join(context, 'Dockerfile'), 'utf8')).toBe(
    description && dockerfileOf(description, lock),
  );
  for (const [path, mode] of [
    ['files/etc', 0o755],
    ['files/etc/gitconfig', 0o644],
    ['files/usr/local/bin/git-server', 0o755],
  ] as const) {
    expect(statSync(join(context, path)).mode & 0o777, path).toBe(mode);
  }
});

it('passes the source of a program to the engine, which compiles it', async () => {
  await build('trust-roots');
  expect(existsSync(join(folder, 'context/go/trust-roots/main.go'))).toBe(true);
  expect(existsSync(join(folder, 'context/files'))).toBe(false);
});

it('sends the build through the proxies of this machine, without their addresses in arguments', async () => {
  vi.stubEnv('HTTPS_PROXY', 'http://user:secret@proxy.example.org:3128');
  const { calls } = await build('git-server');
  const built = calls.find((call) => call.startsWith('build '));
  expect(built).toContain('--build-arg HTTPS_PROXY ');
  expect(calls.join('\n')).not.toContain('secret');
});
