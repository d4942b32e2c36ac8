import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { entryDir, readEntry } from '../../images/cache/binary-cache.ts';
import { type Engine, runEngine } from '../../images/engine/engine.ts';
import { ensureEngine } from '../../images/engine/ensure-engine.ts';
import { containerPlatform } from '../../images/engine/platform.ts';
import { stopPrivateEngine } from '../../images/engine/private/private-engine.ts';
import { recipeOf } from '../../images/go/recipe.ts';
import { loadLock } from '../../images/lock/index.ts';
import { storedImage } from '../../images/mirror/folder.ts';
import { imageManifestSchema } from '../../images/oci/media-types.ts';
import { copyRepository, type Ended, editFile } from '../e2e/checkout.ts';
import { freePort } from '../free-port.ts';
import type { FaultRule } from '../registries/faults.ts';
import { NamesProxy } from '../registries/names-proxy.ts';
import { Registries } from '../registries/registries.ts';
import { upstreamImages } from './machine-images.ts';
import { OrdinaryUser } from './ordinary-user.ts';
import { UpstreamContent } from './upstream-content.ts';

/** 50 Mbit/s. */
const bytesPerSecond = 50e6 / 8;
/** Small, and not needed by what runs. */
const probe = 'pause';

const lock = loadLock();
let engine: Engine;
let registries: Registries;
let user: OrdinaryUser;
let root: string;
let environment: Record<string, string>;

beforeAll(async () => {
  const report = (line: string): void => console.log(line);
  if (process.getuid?.() !== 0) throw new Error('this story makes a user, which takes root');
  engine = await ensureEngine(report);
  const running = await runEngine(engine, ['ps', '--format', '{{.Names}}']);
  if (running !== '')
    throw new Error(
      `the engine still runs ${running.replaceAll('\n', ', ')}: npm run init-cluster -- --down`,
    );
  const images = await upstreamImages(engine, lock, report);
  const kind = recipeOf(lock, 'kind');
  if (readEntry(kind) === undefined)
    throw new Error('the cache of this machine has no kind: npm run init-cluster');
  registries = await Registries.start({
    store: new UpstreamContent([...images.values()], containerPlatform()),
    files: new Map([['/files/kind', join(entryDir(kind), 'kind')]]),
    bytesPerSecond,
  });
  user = await OrdinaryUser.make(engine);
  root = join(user.home, 'repository');
  await copyRepository(root);
  const ports = { http: await freePort(), https: await freePort(), registry: await freePort() };
  await editFile(join(root, 'clusters/dev/cluster.yaml'), (text) =>
    text
      .replace(/^name: .*$/m, 'name: pull-dev')
      // These registries serve what the front page needs.
      .replace(/^observability: .*$/m, 'observability: off')
      .replace(
        /^( *)kind: kind$/m,
        `$1kind: kind\n$1ports: {http: ${ports.http}, https: ${ports.https}, registry: ${ports.registry}}`,
      ),
  );
  const authority = join(user.home, 'registries.pem');
  await writeFile(authority, registries.authority.roots);
  await user.own(authority);
  environment = {
    NODE_EXTRA_CA_CERTS: authority,
    PLINTH_REGISTRY_MIRROR: registries.table,
    PLINTH_REGISTRY_PORT: String(await freePort()),
    GOPROXY: process.env.GOPROXY ?? 'https://proxy.golang.org',
  };
  await lockOfTheseRegistries([...images.keys()]);
  await user.own(root);
});

afterAll(async () => {
  if (user !== undefined && root !== undefined) {
    const { exitCode, stderr } = await npm('init-cluster', '--down', '--purge', '--yes');
    if (exitCode !== 0) console.log(`what this story made stays: ${stderr}`);
  }
  await user?.remove();
  await registries?.stop();
  // The user's command leaves it alone: it belongs to root.
  if (engine?.private) await stopPrivateEngine(console.log);
});

beforeEach(() => registries.faults.clear());

function npm(script: string, ...args: string[]): Promise<Ended> {
  return user.run('npm', ['run', '--silent', script, '--', ...args], { cwd: root, env: environment });
}

/** Images that are built here have other digests than upstream's: the copy's lock file has those of these registries. */
async function lockOfTheseRegistries(images: string[]): Promise<void> {
  const path = join(root, 'images/lock.yaml');
  const document = parseDocument(await readFile(path, 'utf8'));
  for (const name of Object.keys(lock.images)) document.deleteIn(['images', name, 'digest']);
  for (const name of Object.keys(lock.binaries)) document.deleteIn(['binaries', name, 'download']);
  document.deleteIn(['nodeImages']);
  const url = `${registries.url}/files/kind`;
  document.setIn(['binaries', 'kind', 'download'], {
    kind: { url, sha256: { 'linux/amd64': '0'.repeat(64) } },
  });
  await writeFile(path, document.toString({ lineWidth: 0 }));
  await user.own(root);
  const updated = await npm('lock', 'update', ...images, 'kind');
  expect(`${updated.stdout}${updated.stderr}`).toContain('written');
  const changed = parseDocument(await readFile(path, 'utf8')).toJS();
  expect(changed.images.traefik.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(changed.binaries.kind.download.kind.sha256['linux/amd64']).not.toBe('0'.repeat(64));
}

it('a user without Go, package manager and root gets a running front page over 50 Mbit/s', async () => {
  expect((await user.run('sh', ['-c', 'command -v go apt-get sudo'], { cwd: root })).stdout).toBe('');
  const started = performance.now();
  const { exitCode, stdout, stderr } = await npm('init-cluster');
  console.log(stdout);
  console.log(
    `from nothing to a front page, over 50 Mbit/s: ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/^ {2}The private key with which Flux decrypts the secrets [^\n]+$/);
  expect(stdout).toContain('Source of images');
  expect(stdout).toContain('pulled, about 2 GB once');
  expect(stdout).not.toContain('building it instead');
  expect(await user.othersFiles()).toEqual([]);
  // The engine runs what was published, and not something that was built.
  expect(registries.askedOf('manifests', 'docker.io').some(({ url }) => url.includes('/kindest/node/'))).toBe(
    true,
  );
});

it('a second run without registries sends no request and replaces nothing', async () => {
  const before = await runEngine(engine, ['ps', '--no-trunc', '--quiet']);
  registries.asked.length = 0;
  registries.faults.add({ fault: { kind: 'cut', after: 0 } });
  const { exitCode, stderr } = await npm('init-cluster');
  expect(`${exitCode} ${stderr}`).toBe('0 ');
  expect(registries.asked).toEqual([]);
  expect(await runEngine(engine, ['ps', '--no-trunc', '--quiet'])).toBe(before);
});

it('a proxy gets no request to the mirror and the cluster, also with NODE_USE_ENV_PROXY', async () => {
  const dead = `http://127.0.0.1:${await freePort()}`;
  const { exitCode, stderr } = await user.run('npm', ['run', '--silent', 'init-cluster'], {
    cwd: root,
    env: { ...environment, HTTP_PROXY: dead, HTTPS_PROXY: dead, NODE_USE_ENV_PROXY: '1' },
  });
  expect(`${exitCode} ${stderr}`).toBe('0 ');
});

/** Forgets an image, and has it supplied again. */
async function again(more: Record<string, string> = {}): Promise<Ended> {
  const cache = join(user.home, '.cache/plinth');
  const run = (script: string) => user.run('sh', ['-c', script], { cwd: root });
  await run(
    `rm -rf ${cache}/images/${probe}.json ${cache}/registry/docker/registry/v2/repositories/registry.k8s.io/${probe}`,
  );
  for (const digest of blobsOfProbe())
    await run(
      `rm -rf ${cache}/registry/docker/registry/v2/blobs/sha256/${digest.slice(7, 9)}/${digest.slice(7)}`,
    );
  return user.run('npm', ['run', '--silent', 'supply', '--', probe], {
    cwd: root,
    env: { ...environment, ...more },
  });
}

/** Digests of what the image is made of, as the registries have it. */
function blobsOfProbe(): string[] {
  const { store, path, tag } = storedImage(lock.images[probe]?.ref ?? '');
  const { config, layers } = imageManifestSchema.parse(JSON.parse(store.manifest(path, tag)?.text ?? 'null'));
  return [config, ...layers].map(({ digest }) => digest);
}

const faults: [string, FaultRule, string][] = [
  ['404', { fault: { kind: 'status', status: 404 }, at: 'manifest' }, 'has no registry.k8s.io/pause'],
  [
    '403',
    { fault: { kind: 'status', status: 403 }, at: 'manifest' },
    'If it requires an account, sign in: docker login',
  ],
  [
    '429 for ever',
    { fault: { kind: 'status', status: 429 }, at: 'manifest' },
    'limits the rate of pulls from this address',
  ],
  [
    'a connection that is cut for ever',
    { fault: { kind: 'cut', after: 100 }, at: 'blob' },
    'could not be pulled after 3 attempts',
  ],
  ['a connection on which nothing comes', { fault: { kind: 'stall', after: 100 }, at: 'blob' }, 'for 60 s'],
  [
    'content that is not what was asked for',
    { fault: { kind: 'corrupt' }, at: 'blob' },
    'with another digest: its manifest says',
  ],
  [
    'another manifest',
    { fault: { kind: 'other' }, at: 'manifest' },
    'with another digest: images/lock.yaml says',
  ],
  ['a page to sign in', { fault: { kind: 'page' }, at: 'manifest' }, 'Networks with a sign-in page do so'],
];

it.each(faults)('%s fails the pull with its reason, and nothing is built', async (_, rule, expected) => {
  registries.faults.add(rule);
  const { exitCode, stderr } = await again();
  expect(exitCode).toBe(1);
  expect(stderr).toContain(expected);
  expect(stderr).not.toMatch(/\bbuilding\b/);
});

it.each([
  [
    '429 once',
    { fault: { kind: 'status', status: 429, headers: { 'retry-after': '1' } }, at: 'manifest', times: 1 },
  ],
  ['a connection that is cut twice', { fault: { kind: 'cut', after: 100 }, at: 'blob', times: 2 }],
  ['a slow connection', { fault: { kind: 'slow', bytesPerSecond: 200_000 }, at: 'blob' }],
] as [string, FaultRule][])('%s does not fail the pull', async (_, rule) => {
  registries.faults.add(rule);
  const { exitCode, stderr } = await again();
  expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ');
});

it('one blocked host leaves the choice to the user, and nothing starts', async () => {
  registries.faults.add({ fault: { kind: 'cut', after: 0 }, host: 'ghcr.io', at: 'version' });
  // By name: under the mirror's address all registries have one version.
  const proxy = await NamesProxy.start(registries.port);
  const { exitCode, stderr } = await again({
    HTTPS_PROXY: proxy.url,
    PLINTH_REGISTRY_MIRROR: '',
    PLINTH_SUPPLY: 'auto',
  });
  await proxy.stop();
  expect(exitCode).toBe(1);
  expect(stderr).toContain('(ghcr.io: ');
  expect(stderr).toContain('so nothing starts');
});

it("a required proxy is used, with the registries' own names", async () => {
  const proxy = await NamesProxy.start(registries.port);
  const { exitCode, stderr } = await again({ HTTPS_PROXY: proxy.url, PLINTH_REGISTRY_MIRROR: '' });
  await proxy.stop();
  expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ');
  expect(proxy.connected).toContain('registry.k8s.io:443');
});

it('--down --purge removes everything that the user created', async () => {
  const { exitCode, stderr } = await npm('init-cluster', '--down', '--purge', '--yes');
  expect(exitCode, stderr).toBe(0);
  // It says what goes before anything does.
  expect(stderr).toMatch(/^pull-dev will be removed: /);
  expect(existsSync(join(user.home, '.cache/plinth'))).toBe(false);
  expect(await runEngine(engine, ['ps', '--all', '--format', '{{.Names}}'])).toBe('');
});
