import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { useProxies } from '../../images/fetch/proxy.ts';
import { ImageStore, sizeOfPartial } from '../../images/oci/image-store.ts';
import type { Patience } from '../../images/pull/idle-watch.ts';
import { type PullOptions, pullImage } from '../../images/pull/pull.ts';
import type { FaultRule, RegistryFault } from './faults.ts';
import { type Published, publish } from './image-fixture.ts';
import { NamesProxy } from './names-proxy.ts';
import { Registries } from './registries.ts';

const ref = 'ghcr.io/example/app:v1';
const path = 'ghcr.io/example/app';
const amd64 = 'linux/amd64';
/** Long enough for a machine with much else to do; `idleMs` is what a test of a stall waits for. */
const patience: Patience = {
  idleMs: 20_000,
  tries: 3,
  enoughBytes: 2 ** 20,
  pauseMs: 10,
  longestWaitMs: 3_000,
};

let folder: string;
let upstream: ImageStore;
let image: Published;
let registries: Registries;
let names: NamesProxy;
let store: ImageStore;
let said: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-registries-'));
  upstream = new ImageStore(join(folder, 'upstream'));
  image = await publish(upstream, path, 'v1');
  registries = await Registries.start({ store: upstream });
  names = await NamesProxy.start(registries.port);
  useProxies({ HTTPS_PROXY: names.url });
  setDefaultCACertificates([...getCACertificates('default'), registries.authority.roots]);
});

afterAll(async () => {
  await names.stop();
  await registries.stop();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;
beforeEach(() => {
  count++;
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', '');
  vi.stubEnv('PLINTH_CACHE', join(folder, `cache-${count}`));
  vi.stubEnv('DOCKER_CONFIG', join(folder, 'nobody'));
  store = new ImageStore(join(folder, `store-${count}`));
  said = [];
});

afterEach(() => {
  vi.unstubAllEnvs();
  registries.faults.clear();
  registries.asked.length = 0;
});

function pull(options: Partial<PullOptions> = {}, of = ref) {
  const target = { store, path: of.replace(/:[^:]+$/, ''), tag: of.replace(/.*:/, '') };
  return pullImage(of, target, {
    platform: amd64,
    patience,
    report: (line) => void said.push(line),
    ...options,
  });
}

async function failure(options: Partial<PullOptions> = {}, of = ref): Promise<string> {
  const error: unknown = await pull(options, of).catch((thrown) => thrown);
  if (!(error instanceof Error)) throw new Error('the pull came to an end');
  return error.message;
}

/** The image of this platform is in the store, whole. */
function expectWhole(published: Published, repository = path): void {
  expect(store.manifest(repository, 'v1')?.digest).toBe(published.digest);
  expect(store.manifest(repository, published.manifests[amd64] ?? '')).toBeDefined();
  for (const digest of published.layers[amd64] ?? [])
    expect(store.blobSize(digest)).toBe(upstream.blobSize(digest));
}

const broken = (fault: RegistryFault, rule: Partial<FaultRule> = {}) =>
  registries.faults.add({ fault, ...rule });

/** Returns a wait until `bytes` more of a blob are on the disk of the client than at the last call. */
function moreOnDisk(bytes: number): (digest: string) => Promise<void> {
  const seen = new Map<string, number>();
  return async (digest) => {
    const path = await store.partialBlob(digest);
    const enough = (seen.get(digest) ?? 0) + bytes;
    await vi.waitUntil(async () => (await sizeOfPartial(path)) >= enough, { timeout: 20_000, interval: 5 });
    seen.set(digest, await sizeOfPartial(path));
  };
}

describe('a pull', () => {
  it('stores the index and one platform, with a token of another host and blobs by redirect', async () => {
    const pulled = await pull({ digest: image.digest });
    expect(pulled.digest).toBe(image.digest);
    expectWhole(image);
    for (const digest of image.layers['linux/arm64'] ?? []) expect(store.blobSize(digest)).toBeUndefined();
    expect(registries.askedOf('token')).not.toEqual([]);
    const redirected = registries.asked.filter(({ url }) => url.startsWith('/content/'));
    expect(redirected.length).toBe(3);
    expect(redirected.map(({ authorization }) => authorization)).toEqual([undefined, undefined, undefined]);
  });

  it('requests no blob that the store has', async () => {
    await pull();
    registries.asked.length = 0;
    await pull();
    expect(registries.askedOf('blobs')).toEqual([]);
  });

  it('downloads a shared layer once for concurrent pulls', async () => {
    await Promise.all([pull(), pull()]);
    expect(registries.askedOf('blobs').length).toBe(3);
  });

  it('refuses an image that is not published for the platform, by name', async () => {
    await publish(upstream, 'quay.io/example/one', 'v1', { platforms: ['linux/arm64'] });
    expect(await failure({}, 'quay.io/example/one:v1')).toBe(
      'quay.io/example/one:v1 is not published for linux/amd64, which the container engine runs; upstream has linux/arm64.',
    );
  });

  it('refuses an image without an index for another platform', async () => {
    await publish(upstream, 'quay.io/example/bare', 'v1', { platforms: ['linux/arm64'], index: false });
    expect(await failure({}, 'quay.io/example/bare:v1')).toContain(
      'quay.io/example/bare:v1 is for linux/arm64, and containers run on linux/amd64 here.',
    );
    expect(store.manifest('quay.io/example/bare', 'v1')).toBeUndefined();
  });

  it("stops at once on its caller's signal", async () => {
    broken({ kind: 'slow', bytesPerSecond: 1000 }, { at: 'blob' });
    const controller = new AbortController();
    const ended = failure({ signal: controller.signal });
    await vi.waitUntil(() => registries.asked.some(({ url }) => url.startsWith('/content/')));
    controller.abort(new Error('interrupted'));
    expect(await ended).toBe('interrupted');
  });
});

describe('a connection that breaks', () => {
  it('is continued by a Range request from the received bytes', async () => {
    broken({ kind: 'cut', after: 100_000, when: moreOnDisk(1) }, { at: 'blob', times: 2 });
    await pull();
    expectWhole(image);
    // What had come and was not on the disk yet when it broke comes again.
    const from = registries.asked.flatMap(({ range }) =>
      range === undefined ? [] : Number(range.slice(6, -1)),
    );
    expect(from.length).toBeGreaterThan(0);
    expect(from.every((byte) => byte > 0 && byte <= 200_000)).toBe(true);
    expect(said.some((line) => line.includes('retrying in 1 s'))).toBe(true);
  });

  it('fails the pull after three attempts, and the next pull continues from there', async () => {
    const longer = 'quay.io/example/longer';
    const published = await publish(upstream, longer, 'v1', { layers: [800_000] });
    broken({ kind: 'cut', after: 180_000, when: moreOnDisk(1) }, { at: 'blob' });
    const message = await failure({}, `${longer}:v1`);
    expect(message).toMatch(/^quay\.io\/example\/longer:v1 could not be pulled after 3 attempts: quay\.io: /);
    expect(message).toContain('The received part is kept');
    registries.faults.clear();
    registries.asked.length = 0;
    await pull({}, `${longer}:v1`);
    expectWhole(published, longer);
    expect(registries.asked.some(({ range }) => range !== undefined)).toBe(true);
  });

  it('is continued without limit while each attempt makes progress', async () => {
    const large = await publish(upstream, 'quay.io/example/large', 'v1', { layers: [400_000] });
    broken({ kind: 'cut', after: 70_000, when: moreOnDisk(50_000) }, { at: 'blob' });
    await pull({ patience: { ...patience, enoughBytes: 50_000 } }, 'quay.io/example/large:v1');
    expectWhole(large, 'quay.io/example/large');
    expect(registries.asked.filter(({ range }) => range !== undefined).length).toBeGreaterThan(3);
  });

  it('is retried for a manifest', async () => {
    broken({ kind: 'cut', after: 10 }, { at: 'manifest', times: 1 });
    await pull();
    expectWhole(image);
  });
});

describe('a stalled connection', () => {
  const brief = { ...patience, idleMs: 1_500 };

  it('fails the pull with its name, bytes and speed', async () => {
    broken({ kind: 'stall', after: 40_000 }, { at: 'blob' });
    expect(await failure({ patience: brief })).toMatch(
      /^no data of ghcr\.io\/example\/app:v1 came from ghcr\.io for 2 s: 0\.\d of 0\.2 MiB, \d+\.\d MiB\/s\. The received part is kept: type the same command again/,
    );
  });

  it('fails the pull before the first byte too', async () => {
    broken({ kind: 'stall', after: 0 }, { at: 'manifest' });
    expect(await failure({ patience: brief })).toContain('for 2 s: nothing received yet');
  });

  it('is distinguished from a slow one, which completes', async () => {
    const small = 'docker.io/example/slow';
    const slow = await publish(upstream, small, 'v1', { layers: [12_000] });
    broken({ kind: 'slow', bytesPerSecond: 4_000 }, { host: 'docker.io', at: 'blob' });
    await pull({ patience: brief }, `${small}:v1`);
    expectWhole(slow, small);
  });
});

describe('a registry with a rate limit (429)', () => {
  const limit = (rule: Partial<FaultRule>, retryAfter?: string) =>
    broken(
      {
        kind: 'status',
        status: 429,
        code: 'TOOMANYREQUESTS',
        ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
      },
      rule,
    );

  it('is retried once after its Retry-After', async () => {
    limit({ at: 'manifest', times: 1 }, '1');
    const before = performance.now();
    await pull();
    expect(performance.now() - before).toBeGreaterThan(950);
    expectWhole(image);
    expect(said).toContain('ghcr.io/example/app:v1: ghcr.io limits the rate of pulls (429); retrying in 1 s');
  });

  it('fails the pull if it persists, with the host and the command to sign in', async () => {
    limit({ at: 'manifest' });
    expect(await failure()).toBe(
      'ghcr.io limits the rate of pulls from this address (429 for ghcr.io/example/app:v1). Sign in, which raises ' +
        'the limit: docker login ghcr.io. Then type the same command again: the received part is kept, and nothing is built instead.',
    );
    expect(registries.askedOf('manifests').length).toBe(3);
  });

  it('fails the pull at once if Retry-After is long, also for a blob and a token', async () => {
    limit({ at: 'token' }, '3600');
    expect(await failure()).toContain('Retry-After 3600 s). Sign in');
    expect(registries.askedOf('token').length).toBe(1);
    registries.faults.clear();
    limit({ at: 'blob' }, '3600');
    expect(await failure()).toContain('Retry-After 3600 s). Sign in');
  });
});

describe('a registry that refuses', () => {
  it.each([
    [
      403,
      'manifest',
      'ghcr.io refuses ghcr.io/example/app:v1 (403, DENIED). If it requires an account, sign in: docker login ghcr.io.',
    ],
    [403, 'blob', 'ghcr.io refuses ghcr.io/example/app:v1 (403, DENIED).'],
    [
      404,
      'manifest',
      'ghcr.io has no ghcr.io/example/app:v1 (404, DENIED, for manifests/v1 of example/app).',
    ],
    [404, 'blob', 'ghcr.io has no ghcr.io/example/app:v1 (404, DENIED, for blobs/sha256:'],
  ] as const)(
    'with %i for a %s gets one request, and the error has a remedy',
    async (status, at, expected) => {
      broken({ kind: 'status', status, code: 'DENIED' }, { at });
      expect(await failure()).toContain(expected);
      expect(said.filter((line) => line.includes('retrying'))).toEqual([]);
    },
  );

  it('with 503 gets three requests', async () => {
    broken({ kind: 'status', status: 503 }, { at: 'manifest' });
    expect(await failure()).toContain('after 3 attempts: ghcr.io answers 503');
    expect(registries.askedOf('manifests').length).toBe(3);
  });

  it('with a single 503 is retried', async () => {
    broken({ kind: 'status', status: 503 }, { at: 'token', times: 1 });
    await pull();
    expectWhole(image);
  });
});

describe('unexpected content', () => {
  it('is refused with both digests if the manifest is not the locked one', async () => {
    const moved = await publish(upstream, 'quay.io/example/moved', 'v1', { index: false });
    broken({ kind: 'other' }, { at: 'manifest' });
    expect(await failure({ digest: moved.digest }, 'quay.io/example/moved:v1')).toMatch(
      new RegExp(
        `^quay\\.io sent a manifest of quay\\.io/example/moved:v1 with another digest: images/lock\\.yaml says ${moved.digest}, received sha256:[0-9a-f]{64}\\.`,
      ),
    );
    expect(store.manifest('quay.io/example/moved', 'v1')).toBeUndefined();
  });

  it("is refused with both digests if a platform's manifest is not the one of its index", async () => {
    broken({ kind: 'other' }, { at: 'manifest', after: 1 });
    expect(await failure()).toContain('with another digest: its index says sha256:');
  });

  it('is refused with both digests, once, if a layer is corrupt', async () => {
    broken({ kind: 'corrupt' }, { at: 'blob' });
    const message = await failure();
    const digests = message.match(/sha256:[0-9a-f]{64}/g) ?? [];
    expect(message).toMatch(
      /^ghcr\.io sent content of ghcr\.io\/example\/app:v1 with another digest: its manifest says sha256:\w+, received sha256:\w+\. It was discarded, and nothing is built instead\./,
    );
    expect(new Set(digests).size).toBe(2);
    expect(store.manifest(path, 'v1')).toBeUndefined();
    expect(said.filter((line) => line.includes('retrying'))).toEqual([]);
  });

  it('is downloaded again if it began with a damaged partial file', async () => {
    const layer = image.layers[amd64]?.[0] ?? '';
    await writeFile(await store.partialBlob(layer), Buffer.alloc(1000));
    await pull();
    expectWhole(image);
  });

  it.each(['manifest', 'token'] as const)(
    'is reported as a web page if one comes instead of a %s',
    async (at) => {
      broken({ kind: 'page' }, { at });
      expect(await failure()).toMatch(
        /^ghcr\.io answered the request for .* with other content \(text\/html.*\)\. Networks with a sign-in page do so/,
      );
    },
  );

  it('is reported as a web page if one comes instead of a layer', async () => {
    broken({ kind: 'page' }, { at: 'blob' });
    expect(await failure()).toContain('with other content (text/html)');
  });
});

describe('a mirror of all registries', () => {
  it("gets all requests, with the registry's name in the path", async () => {
    vi.stubEnv('PLINTH_REGISTRY_MIRROR', `localhost:${registries.port}`);
    await pull();
    expectWhole(image);
    expect(names.connected.filter((host) => host.startsWith('localhost'))).toEqual([]);
    expect(registries.askedOf('manifests').at(-1)?.url).toMatch(/^\/v2\/ghcr\.io\/example\/app\/manifests\//);
  });

  it('is named in its errors', async () => {
    vi.stubEnv('PLINTH_REGISTRY_MIRROR', registries.table);
    broken({ kind: 'status', status: 403 }, { at: 'manifest' });
    expect(await failure()).toContain(`localhost:${registries.port} refuses ghcr.io/example/app:v1 (403)`);
  });
});

describe('the login at a registry', () => {
  let closed: Registries;
  beforeAll(async () => {
    closed = await Registries.start({ store: upstream, accounts: { someone: 'secret' } });
    setDefaultCACertificates([...getCACertificates('default'), closed.authority.roots]);
  });
  afterAll(() => closed.stop());
  beforeEach(() => vi.stubEnv('PLINTH_REGISTRY_MIRROR', closed.table));

  async function config(content: object): Promise<void> {
    const home = await mkdtemp(join(folder, 'docker-'));
    await writeFile(join(home, 'config.json'), JSON.stringify(content));
    vi.stubEnv('DOCKER_CONFIG', home);
  }
  const host = () => new URL(closed.url).host;

  it('is that of docker login', async () => {
    const auth = Buffer.from('someone:secret').toString('base64');
    await config({ auths: { [host()]: { auth } } });
    await pull();
    expectWhole(image);
  });

  it('is that of podman login for a path of the registry', async () => {
    const file = join(await mkdtemp(join(folder, 'podman-')), 'auth.json');
    const auth = Buffer.from('someone:secret').toString('base64');
    const wrong = Buffer.from('someone:wrong').toString('base64');
    const content = { auths: { [`${host()}/ghcr.io/example`]: { auth }, [host()]: { auth: wrong } } };
    await writeFile(file, JSON.stringify(content));
    vi.stubEnv('REGISTRY_AUTH_FILE', file);
    await pull();
    expectWhole(image);
  });

  it('is that of a credential helper', async () => {
    const programs = await mkdtemp(join(folder, 'programs-'));
    const helper = join(programs, 'docker-credential-test');
    await writeFile(
      helper,
      `#!/bin/sh\nread -r key\n[ "$1 $key" = "get ${host()}" ] || { echo 'credentials not found in native keychain'; exit 1; }\necho '{"Username":"someone","Secret":"secret"}'\n`,
    );
    await chmod(helper, 0o755);
    vi.stubEnv('PATH', `${programs}${delimiter}${process.env.PATH}`);
    await config({ credsStore: 'test' });
    await pull();
    expectWhole(image);
  });

  it('is requested by command in the error if it is missing or wrong', async () => {
    expect(await failure()).toContain(
      `(401, UNAUTHORIZED). If it requires an account, sign in: docker login ${host()}.`,
    );
    await config({ auths: { [host()]: { username: 'someone', password: 'wrong' } } });
    expect(await failure()).toContain('docker login');
  });

  it('is left out, with a message, if its credential helper is missing', async () => {
    await config({ credHelpers: { [host()]: 'missing' } });
    await failure();
    expect(said.some((line) => line.startsWith('docker-credential-missing gives no credentials'))).toBe(true);
  });

  it('is reported with its file if that cannot be read', async () => {
    const home = await mkdtemp(join(folder, 'docker-'));
    await writeFile(join(home, 'config.json'), '{');
    vi.stubEnv('DOCKER_CONFIG', home);
    expect(await failure()).toContain(`${home}/config.json, the credentials of docker login, cannot be read`);
  });
});
