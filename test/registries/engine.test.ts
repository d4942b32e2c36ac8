import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Engine } from '../../images/engine/engine.ts';
import { containerPlatform } from '../../images/engine/platform.ts';
import { pullEngineImage } from '../../images/engine-store/pull.ts';
import { ImageStore } from '../../images/oci/image-store.ts';
import { parseReference } from '../../images/oci/reference.ts';
import { upstreamDigest } from '../../images/pull/upstream-digest.ts';
import { infoOf } from '../images/engine-info.ts';
import { type Published, publish } from './image-fixture.ts';
import { Registries } from './registries.ts';

const ref = 'docker.io/example/node:v1';
const layers = [90_000, 10_000];

let folder: string;
let registries: Registries;
let image: Published;
let engine: Engine;
const said: string[] = [];
const report = (line: string): void => void said.push(line);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-engine-pull-'));
  vi.stubEnv('PLINTH_CACHE', join(folder, 'cache'));
  const upstream = new ImageStore(join(folder, 'upstream'));
  image = await publish(upstream, 'docker.io/example/node', 'v1', { layers });
  registries = await Registries.start({ store: upstream });
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', registries.table);
  setDefaultCACertificates([...getCACertificates('default'), registries.authority.roots]);
  const client = join(folder, 'docker');
  await writeFile(client, `#!/bin/sh\necho "$*" >> '${folder}/calls'\ncat > '${folder}/loaded.tar'\n`);
  await chmod(client, 0o755);
  engine = { name: 'docker', private: false, command: client, env: {}, info: infoOf('Docker 28') };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await registries.stop();
  await rm(folder, { recursive: true, force: true });
});

async function loaded(): Promise<unknown> {
  const { stdout } = await execa('tar', [
    '--extract',
    '--to-stdout',
    '-f',
    join(folder, 'loaded.tar'),
    'manifest.json',
  ]);
  return JSON.parse(stdout);
}

it('an image for the engine is pulled here and loaded under its name, without a pull of the engine', async () => {
  await pullEngineImage(engine, { ref, digest: image.digest }, { report });
  expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('load\n');
  expect(await loaded()).toEqual([
    {
      Config: expect.stringMatching(/^[0-9a-f]{64}\.json$/),
      RepoTags: [ref],
      Layers: (image.layers[containerPlatform()] ?? []).map((digest) => `${digest.slice(7)}.tar.gz`),
    },
  ]);
  expect(said[0]).toBe(`pulling ${ref}`);
  expect(said.at(-1)).toBe(`loading ${ref} into docker`);
});

it('an engine that lost the image gets it from the cache without a request to a registry', async () => {
  registries.asked.length = 0;
  registries.faults.add({ fault: { kind: 'cut', after: 0 } });
  await rm(join(folder, 'loaded.tar'));
  await pullEngineImage(engine, { ref, digest: image.digest }, { report });
  registries.faults.clear();
  expect(registries.asked).toEqual([]);
  expect(await loaded()).toHaveLength(1);
});

it('the current digest of a tag is its digest, none if missing, or an error that names what answered', async () => {
  const { host, path } = parseReference(ref);
  const ask = (what: string) => upstreamDigest({ host, path, tag: 'v1' }, what, { report });
  expect(await ask('v1')).toBe(image.digest);
  expect(await ask(image.digest)).toBe(image.digest);
  expect(await ask('v2')).toBeUndefined();
  registries.faults.add({ fault: { kind: 'page' }, at: 'manifest' });
  await expect(ask('v1')).rejects.toThrow('Networks with a sign-in page do so');
});
