import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  request as httpRequest,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ensureProgram } from '../../images/index.ts';
import { headManifest, ImageStore, RegistryError } from '../../images/oci/index.ts';
import { environment } from '../../test/charts/fixture.ts';
import { pushShop } from '../../test/delivery/push-shop.ts';
import { TestRegistry } from '../../test/delivery/registry.ts';
import { freePort } from '../../test/free-port.ts';
import { publish as putImage } from '../../test/registries/image-fixture.ts';
import { Failure } from '../cli/failure.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import { openRegistry, registryFailure, requireImage } from './registry.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const platform = 'linux/amd64';
/** The password 'secret' of 'ann', by bcrypt. */
const ann = 'ann:$2a$04$ZRQ0Gx7s3MFWPtScYfYCH.Rtu.DsbfpnsuVaLuXXWX0X3cvP/RkD.';

let program = '';
let folder = '';
let registry: TestRegistry;
beforeAll(async () => {
  program = await ensureProgram('registry', () => {});
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-push-'));
  vi.stubEnv('DOCKER_CONFIG', folder);
  vi.stubEnv('REGISTRY_AUTH_FILE', join(folder, 'auth.json'));
  vi.stubEnv('PLINTH_STATE', join(folder, 'state'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => vi.resetConfig());

/** An image of the store, and what pushes it to the registry at `url`. */
async function shop(url: string, options: { platform?: string; layers?: number[] } = {}) {
  vi.stubEnv('PLINTH_PUBLISH_REGISTRY', `registry.test.localhost=${url}`);
  const store = new ImageStore(join(folder, 'store'));
  const { digest } = await putImage(store, 'host/shop', 'abc', {
    platforms: [options.platform ?? platform],
    index: false,
    ...(options.layers === undefined ? {} : { layers: options.layers }),
  });
  const said: string[] = [];
  const push = () => pushShop(store, platform, (message) => said.push(message));
  return { store, digest, push, said };
}

async function answering(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A key and a certificate that no authority has signed. */
function selfSigned(folder: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

/** Forwards to another port, and ends the first connections after `after` bytes each. */
async function cutting(to: string, cuts: number, after: number): Promise<string> {
  let left = cuts;
  const server = createServer((socket) => {
    const other = connect(Number(new URL(to).port), '127.0.0.1');
    let sent = 0;
    socket.on('data', (bytes) => {
      sent += bytes.length;
      if (left > 0 && sent > after) {
        left--;
        socket.destroy();
        other.destroy();
      }
    });
    for (const each of [socket, other]) each.on('error', () => {});
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a push to the registry that clusters run', () => {
  it('stores the image by digest, and sends nothing the second time', async () => {
    registry = await TestRegistry.start(program);
    const { push, digest, said } = await shop(registry.url);
    expect(await push()).toBe(digest);
    expect(await headManifest({ url: registry.url, path: 'shop' }, digest)).toBe(digest);
    said.length = 0;
    expect(await push()).toBe(digest);
    expect(said).toEqual([]);
  });

  it('makes an image that is there as young as a new one, because the clean-up goes by its time', async () => {
    registry = await TestRegistry.start(program);
    const { push } = await shop(registry.url);
    await push();
    const link = join(
      registry.folder,
      'data/docker/registry/v2/repositories/shop/_manifests/tags/abc/current/link',
    );
    utimesSync(link, 1, 1);
    await push();
    expect(statSync(link).mtimeMs).toBeGreaterThan(Date.now() - 600_000);
  });

  it('uses the login that `docker login` stored', async () => {
    registry = await TestRegistry.start(program, { htpasswd: ann });
    const auth = Buffer.from('ann:secret').toString('base64');
    const config = { auths: { 'registry.test.localhost': { auth } } };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const { push, digest } = await shop(registry.url);
    expect(await push()).toBe(digest);
  });

  it('prefers the login of the environment variables', async () => {
    registry = await TestRegistry.start(program, { htpasswd: ann });
    vi.stubEnv('PLINTH_REGISTRY_USER', 'ann');
    vi.stubEnv('PLINTH_REGISTRY_PASSWORD', 'secret');
    const { push, digest } = await shop(registry.url);
    expect(await push()).toBe(digest);
  });

  it('continues after a lost connection', async () => {
    registry = await TestRegistry.start(program);
    const { push, digest, said } = await shop(await cutting(registry.url, 2, 400_000), {
      layers: [1_000_000, 900_000],
    });
    expect(await push()).toBe(digest);
    expect(said.join()).toContain('going on');
  });
});

describe('a failed push gives the reason and the next command, and leaves no image of that name', () => {
  it('fails without a login', async () => {
    registry = await TestRegistry.start(program, { htpasswd: ann });
    const { push } = await shop(registry.url);
    const failed = push();
    await expect(failed).rejects.toThrow('refused access to shop: there is no login');
    await expect(failed).rejects.toMatchObject({
      next: expect.stringContaining('docker login registry.test.localhost'),
    });
  });

  it('fails with an expired password', async () => {
    registry = await TestRegistry.start(program, { htpasswd: ann });
    vi.stubEnv('PLINTH_REGISTRY_USER', 'ann');
    vi.stubEnv('PLINTH_REGISTRY_PASSWORD', 'old');
    const { push } = await shop(registry.url);
    await expect(push()).rejects.toThrow('or it has expired');
  });

  it('fails if the environment variables have only one half of a login', async () => {
    registry = await TestRegistry.start(program);
    vi.stubEnv('PLINTH_REGISTRY_USER', 'ann');
    const { push } = await shop(registry.url);
    await expect(push()).rejects.toThrow('PLINTH_REGISTRY_PASSWORD is not set');
  });

  it('fails with a broken file of docker login, which it names', async () => {
    registry = await TestRegistry.start(program);
    writeFileSync(join(folder, 'config.json'), '{');
    const { push } = await shop(registry.url);
    await expect(push()).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringContaining(`${join(folder, 'config.json')}, the credentials of docker login`),
    });
  });

  it('fails if the API server is away, and names the other way', async () => {
    const { cluster } = environment();
    vi.stubEnv('PLINTH_PUBLISH_REGISTRY', '');
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'a', cluster: { server: `https://127.0.0.1:${await freePort()}` } }],
      users: [{ name: 'a', user: {} }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      'current-context': 'a',
    };
    mkdirSync(dirname(kubeconfigPath(cluster.name)), { recursive: true });
    writeFileSync(kubeconfigPath(cluster.name), JSON.stringify(kubeconfig));
    await expect(openRegistry({ cluster }, ['shop'], { report: () => {} })).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringContaining('ECONNREFUSED'),
      next: expect.stringContaining('PLINTH_PUBLISH_REGISTRY=registry.test.localhost='),
    });
  });

  it('fails at a read-only registry', async () => {
    registry = await TestRegistry.start(program, { readonly: true });
    const { push } = await shop(registry.url);
    await expect(push()).rejects.toThrow('refuses the push of shop');
  });

  it.each([
    [403, { errors: [{ code: 'DENIED', message: 'not yours' }] }, 'not yours'],
    [500, { errors: [{ code: 'UNKNOWN', detail: 'write /var: no space left on device' }] }, 'has no space'],
    [507, {}, 'has no space'],
  ])('fails at a registry that answers %d', async (status, body, says) => {
    const url = await answering((request, response) => {
      const head = request.method === 'HEAD';
      response.writeHead(head ? 404 : status, { 'content-type': 'application/json' });
      response.end(head ? undefined : JSON.stringify(body));
    });
    const { push } = await shop(url);
    await expect(push()).rejects.toThrow(says);
  });

  it.each([
    [503, 'does not serve shop at the moment', 'clean-up'],
    [429, 'does not serve shop at the moment', 'too many requests'],
  ])('fails at a registry that stays busy with %d', async (status, says, next) => {
    // Later than the longest patience.
    const url = await answering((_, response) => response.writeHead(status, { 'retry-after': '61' }).end());
    const { push } = await shop(url);
    await expect(push()).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringContaining(says),
      next: expect.stringContaining(next),
    });
  });

  it('asks a busy registry again, and goes on', async () => {
    registry = await TestRegistry.start(program);
    let busy = 2;
    const url = await answering((request, response) => {
      if (busy-- > 0) return void response.writeHead(503, { 'retry-after': '0' }).end();
      const to = new URL(request.url ?? '', registry.url);
      request.pipe(
        httpRequest(to, { method: request.method, headers: request.headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }),
      );
    });
    const { push, digest, said } = await shop(url);
    expect(await push()).toBe(digest);
    expect(said.join()).toContain('answers 503: asking again');
  });

  it('fails for a certificate that this machine does not trust, with the command that writes the roots', async () => {
    const { key, cert } = selfSigned(folder);
    const server = createHttpsServer({ key, cert }, (_, response) => response.end());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const { push, said } = await shop(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(push()).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringContaining('does not trust the certificate of registry.test.localhost'),
      next: expect.stringContaining('npm run registry -- trust --env ENVIRONMENT'),
    });
    expect(said.join()).not.toContain('going on');
  });

  it('fails if the login is wanted without TLS, as what it is', () => {
    const refused = new Failure('wants the login sent without TLS.', 'Have its realm begin with https://');
    const error = new RegistryError('does not answer', { cause: refused });
    expect(registryFailure(error, { host: 'registry.example.org' }, 'shop')).toBe(refused);
  });

  it('fails for an image of another architecture, before anything is sent', async () => {
    registry = await TestRegistry.start(program);
    const { push, digest } = await shop(registry.url, { platform: 'linux/arm64' });
    const failed = push();
    await expect(failed).rejects.toThrow(
      'the image of shop is for linux/arm64, and the nodes are linux/amd64',
    );
    expect(await headManifest({ url: registry.url, path: 'shop' }, digest)).toBeUndefined();
  });
});

describe('an image that a manifest will name', () => {
  const required = async (digest: string, wanted = platform) => {
    const opened = await openRegistry(environment(), ['shop'], { report: () => {} });
    return requireImage(opened, { name: 'shop', digest, platform: wanted });
  };

  it('is refused if it is for another architecture', async () => {
    registry = await TestRegistry.start(program);
    const { push, digest } = await shop(registry.url);
    await push();
    await expect(required(digest)).resolves.toBeUndefined();
    await expect(required(digest, 'linux/arm64')).rejects.toThrow('is for linux/amd64');
  });

  it('is refused if it does not exist', async () => {
    registry = await TestRegistry.start(program);
    await shop(registry.url);
    await expect(required(`sha256:${'0'.repeat(64)}`)).rejects.toThrow(
      'registry.test.localhost no longer has shop@sha256:000',
    );
  });

  it.each([
    ['does not answer', (response: ServerResponse) => response.destroy()],
    [
      'ends in the middle of an answer',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{', () => response.destroy());
      },
    ],
  ])('is named with the next command if the registry %s', async (_, answer) => {
    const url = await answering((_, response) => answer(response));
    await shop(url);
    const failed = required(`sha256:${'0'.repeat(64)}`);
    await expect(failed).rejects.toThrow(
      `the registry at ${url} does not answer, or the connection was lost`,
    );
    await expect(failed).rejects.toMatchObject({ next: expect.stringContaining('same command again') });
  });

  it('is refused if its digest differs', async () => {
    const url = await answering((_, response) => response.end('{}'));
    await shop(url);
    const failed = required(`sha256:${'0'.repeat(64)}`);
    await expect(failed).rejects.toThrow('gives an image with the digest sha256:44136fa355b3');
    await expect(failed).rejects.toMatchObject({ next: expect.stringContaining('Do not trust it') });
  });

  it('is refused if a layer is missing', async () => {
    registry = await TestRegistry.start(program);
    const { push, digest, store } = await shop(registry.url);
    await push();
    const manifest: { layers: { digest: string }[] } = JSON.parse(
      store.manifest('host/shop', 'abc')?.text ?? '',
    );
    const layer = manifest.layers[0]?.digest.replace('sha256:', '') ?? '';
    const blobs = join(registry.folder, 'data/docker/registry/v2/blobs/sha256');
    rmSync(join(blobs, layer.slice(0, 2), layer), { recursive: true });
    await expect(required(digest)).rejects.toThrow(`the registry lacks sha256:${layer}`);
  });
});
