import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runEngine } from '../../images/engine/index.ts';
import { type Engine, ensureEngine } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { storedImage } from '../../images/mirror/index.ts';
import { copyImage, digestOf } from '../../images/oci/index.ts';
import { registryWritePort } from '../../operators/registry/configuration.ts';
import { forwardToPod } from '../../scripts/call/port-forward.ts';
import { callRegistry } from '../registries/call.ts';
import { until } from '../until.ts';
import { said, World } from './identity/world.ts';

const host = 'registry.dev.localhost';
const port = 15003;
const probe = `${host}/probe:one`;

/** The overlay `tls` on a Kind cluster: logins, pulls by nodes, renewal and rotation under load, clean-up. */
describe('the registry with TLS', () => {
  const world = new World('registry-dev');
  let engine: Engine;
  let roots = '';
  let token = '';
  let digest = '';

  const call = (path: string, options: Parameters<typeof callRegistry>[2] = {}) =>
    callRegistry({ port, host, roots }, path, options);
  const onNode = (...args: string[]) =>
    runEngine(engine, ['exec', `${world.cluster}-control-plane`, ...args], { timeoutSeconds: 60 });
  /** Pulls by containerd of the node, as its `hosts.toml` says; the mirror has no such image. */
  const pull = async (): Promise<void> => {
    const ctr = ['ctr', '--namespace=k8s.io', 'images'];
    await onNode(...ctr, 'rm', '--sync', probe);
    await onNode(...ctr, 'pull', '--hosts-dir=/etc/containerd/certs.d', probe);
  };
  const fetchRoots = async (): Promise<void> => {
    const ended = await world.checkout.npm('registry', 'trust', '--env', 'dev');
    expect(ended.exitCode, said(ended)).toBe(0);
    roots = await readFile(join(world.checkout.state, world.cluster, 'registry', 'roots.pem'), 'utf8');
  };

  beforeAll(async () => {
    engine = await ensureEngine(console.log);
    await world.begin((checkout) =>
      checkout.edit('clusters/dev/cluster.yaml', (text) => text.replace('overlay: http', 'overlay: tls')),
    );
  }, 20 * 60_000);
  afterAll(() => world.end());

  it('starts with the cluster, and is trusted by this machine', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
    await fetchRoots();
    expect((await call('/v2/')).status).toBe(401);
  });

  it('accepts a push with a login, and refuses one without and any deletion', async () => {
    const added = await world.checkout.npm('registry', 'login', 'add', 'ci', '--env', 'dev');
    expect(added.exitCode, said(added)).toBe(0);
    token = added.stdout.trim();
    const login = `ci:${token}`;
    await until(async () => (await call('/v2/', { login })).status === 200, 'the login is taken');
    const start = { method: 'POST' };
    expect((await call('/v2/layers/blobs/uploads/', start)).status).toBe(401);
    const started = await call('/v2/layers/blobs/uploads/', { ...start, login });
    expect(started.status).toBe(202);
    const layer = digestOf(Buffer.from('a layer'));
    const place = `${started.headers.location}&digest=${layer}`;
    expect((await call(place, { method: 'PUT', body: 'a layer', login })).status).toBe(201);
    expect((await call(`/v2/layers/blobs/${layer}`, { method: 'DELETE', login })).status).toBe(405);
    expect((await call(`/v2/layers/blobs/${layer}`, { method: 'HEAD', login })).status).toBe(200);
  });

  it('serves an image that only it has to the kubelet of a node', async () => {
    const { ref = '' } = loadLock().images.pause ?? {};
    const way = await forwardToPod(world.cluster, 'registry', registryWritePort);
    const pause = storedImage(ref);
    await copyImage(pause, { url: `http://127.0.0.1:${way.port}`, path: 'probe', tag: 'one' });
    way.close();
    digest = pause.store.manifest(pause.path, pause.tag)?.digest ?? '';
    await world.probe.kubectl(['run', 'probe', '-n', 'default', `--image=${host}/probe@${digest}`]);
    await world.probe.kubectl([
      'wait',
      'pod/probe',
      '-n',
      'default',
      '--for=condition=Ready',
      '--timeout=120s',
    ]);
  });

  it('loses no pull during a renewal and a rotation of its CA', async () => {
    let running = true;
    let count = 0;
    const failed: string[] = [];
    const load = (async () => {
      while (running) {
        await pull().then(
          () => count++,
          (error: unknown) => failed.push(String(error)),
        );
      }
    })();
    const before = await world.fingerprint('registry', 'registry-tls');
    await world.renew('registry', 'registry-tls');
    await until(
      async () => (await world.fingerprint('registry', 'registry-tls')) !== before,
      'a renewed certificate',
    );
    const listed = async () => (await world.checkout.npm('certs', 'list', 'registry')).exitCode === 0;
    await until(listed, 'the renewed certificate is served');
    const rotated = await world.checkout.npm('certs', 'rotate', 'registry');
    running = false;
    await load;
    expect(rotated.exitCode, said(rotated)).toBe(0);
    expect(failed).toEqual([]);
    console.log(`  renewal and rotation: ${count} pulls, none failed`);
    expect(count).toBeGreaterThan(10);
    await fetchRoots();
    expect((await call('/v2/', { login: `ci:${token}` })).status).toBe(200);
  });

  it('keeps recent images in a clean-up, and accepts pushes afterwards', async () => {
    const kubectl = (...args: string[]) => world.probe.kubectl([...args, '-n', 'registry']);
    await kubectl('create', 'job', '--from=cronjob/registry-cleanup', 'now');
    await kubectl('wait', 'job/now', '--for=condition=Complete', '--timeout=600s');
    await pull();
    const push = await call('/v2/layers/blobs/uploads/', { method: 'POST', login: `ci:${token}` });
    expect(push.status).toBe(202);
  });

  it('refuses a removed login', async () => {
    const removed = await world.checkout.npm('registry', 'login', 'remove', 'ci', '--env', 'dev');
    expect(removed.exitCode, said(removed)).toBe(0);
    await until(
      async () => (await call('/v2/', { login: `ci:${token}` })).status === 401,
      'the login is refused',
    );
  });
});
