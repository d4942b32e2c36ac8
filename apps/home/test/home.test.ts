import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Home, startHome } from '../src/home.ts';
import type { State } from '../src/state.ts';
import type { Stores } from '../src/stores.ts';
import { type FakeApi, fakeApi, paths } from './fake-api.ts';
import { fakeMetrics, hourOf } from './fake-metrics.ts';
import {
  brokenDeployment,
  certificate,
  deployment,
  gitRepository,
  kustomization,
  node,
  unreadyKustomization,
  warning,
} from './objects.ts';

let api: FakeApi;
let home: Home;
let account: string;

beforeEach(async () => {
  api = await fakeApi();
  api.put(paths.nodes, node('one'));
  api.put(paths.gitRepositories, gitRepository());
  api.put(paths.kustomizations, kustomization('platform'));
  api.put(paths.deployments, deployment('orders'));
  account = mkdtempSync(join(tmpdir(), 'plinth-home-'));
  mkdirSync(account, { recursive: true });
  writeFileSync(join(account, 'token'), 'first\n');
  writeFileSync(join(account, 'ca.crt'), '');
});

afterEach(async () => {
  await home.stop(0);
  await api.close();
  rmSync(account, { recursive: true });
});

async function start(stores: Stores = {}, more: { metricsPort?: number } = {}): Promise<void> {
  home = await startHome({ api: { url: api.url, account }, port: 0, retryMs: 10, stores, ...more });
}

function get(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`http://127.0.0.1:${home.port}${path}`, init);
}

async function state(): Promise<State> {
  return (await (await get('/api/state')).json()) as State;
}

/** Until the state is as expected; the page is never older than its gathering time. */
function becomes(expected: object): Promise<void> {
  return vi.waitFor(async () => expect(await state()).toMatchObject(expected), 3_000);
}

describe('the signals of the apps', () => {
  test('are plots of the last hour with the newest value, only of apps', async () => {
    const metrics = await fakeMetrics([...hourOf('orders'), ...hourOf('traefik')]);
    try {
      await start({ metrics });
      await becomes({ signals: [{ name: 'orders' }] });
      const { signals } = await state();
      expect(signals).toHaveLength(1);
      expect(signals[0]?.requests).toHaveLength(60);
      expect(metrics.queries[0]).toContain('app:requests:rate5m');
      const text = await (await get('/')).text();
      expect(text).toContain('aria-label="Memory, last hour: from 60 MiB to 75 MiB"');
      expect(text.match(/<polyline /g)).toHaveLength(4);
      expect(text).toMatch(/<\/svg> 75 MiB/);
    } finally {
      await metrics.close();
    }
  });

  test('are left out if Prometheus does not answer, and the page is ready without them', async () => {
    await start({ metrics: { url: 'http://127.0.0.1:9' } });
    await becomes({ mood: 'good', signals: [] });
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/')).text()).toMatch(/<section id="signals"[^>]*><\/section>/);
  });
});

describe('the state of the front page', () => {
  test('is ready after every kind was listed, and contains the listed objects', async () => {
    api.refuse(paths.nodes, 500);
    await start();
    await vi.waitFor(() => expect(api.requests.some(({ path }) => path === paths.nodes)).toBe(true));
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(503);
    api.refuse(paths.nodes, undefined);
    await becomes({
      environment: 'dev',
      mood: 'good',
      headline: 'Everything is in its place',
      apps: [{ name: 'orders', mood: 'good', image: 'orders:4be02a1b3c4d' }],
      syncs: [{ name: 'platform', mood: 'good', revision: 'main@d8f9eadb' }],
      source: { revision: 'main@d8f9eadb', branch: 'main' },
      nodes: [
        { name: 'one', mood: 'good', version: 'v1.36.4', role: 'control plane', size: '2 CPU, 23.5 GiB' },
      ],
    });
    expect((await get('/readyz')).status).toBe(200);
  });

  test('follows watch events: modified, added and deleted objects', async () => {
    await start();
    await becomes({ mood: 'good' });
    api.put(paths.events, warning('orders', 'Failed', 'Failed to pull image "orders:2": not found'));
    api.put(paths.deployments, brokenDeployment('orders'));
    await becomes({
      mood: 'bad',
      headline: 'One thing needs a look',
      problems: [
        {
          what: 'App orders',
          why: 'The new version does not start; the previous one still answers. Failed to pull image "orders:2": not found',
        },
      ],
    });
    api.put(paths.deployments, deployment('orders'));
    api.put(paths.deployments, deployment('stock'));
    await becomes({ mood: 'good', apps: [{ name: 'orders' }, { name: 'stock' }] });
    api.remove(paths.deployments, 'orders');
    await becomes({ apps: [{ name: 'stock' }] });
    // All of it by watches: each kind was listed once.
    const lists = api.requests.filter(({ watch }) => !watch).map(({ path }) => path);
    expect(lists.sort()).toEqual(Object.values(paths).sort());
  });

  test('continues an ended watch at its version, and lists again after a watch that broke or is too old', async () => {
    await start();
    await becomes({ mood: 'good' });
    const lists = (): number =>
      api.requests.filter(({ path, watch }) => path === paths.deployments && !watch).length;
    const watches = (): number =>
      api.requests.filter(({ path, watch }) => path === paths.deployments && watch).length;
    await vi.waitFor(() => expect(watches()).toBe(1));

    api.endWatches('orderly');
    await vi.waitFor(() => expect(watches()).toBe(2));
    expect(lists()).toBe(1);
    api.put(paths.deployments, deployment('stock'));
    await becomes({ apps: [{ name: 'orders' }, { name: 'stock' }] });

    for (const [round, how] of (['broken', 'gone'] as const).entries()) {
      api.endWatches(how);
      await vi.waitFor(() => expect(lists()).toBe(2 + round));
      await vi.waitFor(() => expect(watches()).toBe(3 + round));
      api.put(paths.deployments, deployment(`after-${how}`));
      await vi.waitFor(async () =>
        expect((await state()).apps.map(({ name }) => name)).toContain(`after-${how}`),
      );
    }
  });

  test('names the kind that it may not read, and reads the token again', async () => {
    api.refuse(paths.routes, 403);
    await start();
    await becomes({
      problems: [{ what: 'Reading routes', why: 'the API server answers 403: refused with 403' }],
    });
    expect((await get('/readyz')).status).toBe(200);
    writeFileSync(join(account, 'token'), 'second\n');
    await vi.waitFor(() => expect(api.requests.at(-1)?.token).toBe('Bearer second'), 3_000);
    api.refuse(paths.routes, undefined);
    await becomes({ mood: 'good' });
  });

  test('works without cert-manager, and shows certificates as soon as it is installed', async () => {
    api.refuse(paths.certificates, 404);
    await start();
    await becomes({ mood: 'good', problems: [], certificates: [] });
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/')).text()).not.toContain('<h2>Certificates');
    const lasting = certificate('orders-rw', 'orders');
    Object.assign(lasting.status ?? {}, {
      renewalTime: '2126-01-01T00:00:00Z',
      notAfter: '2126-02-01T00:00:00Z',
    });
    api.put(paths.certificates, lasting);
    api.refuse(paths.certificates, undefined);
    await becomes({ mood: 'good', certificates: [{ name: 'orders-rw', mood: 'good' }] });
    expect(await (await get('/')).text()).toContain('<h2>Certificates');
    // Any other refusal is a problem.
    api.refuse(paths.certificates, 403);
    api.endWatches('broken');
    await becomes({ problems: [{ what: 'Reading certificates' }] });
  });

  test('keeps the last objects while the API server does not answer', async () => {
    await start();
    await becomes({ mood: 'good' });
    for (const path of Object.values(paths)) api.refuse(path, 503);
    api.endWatches('broken');
    await vi.waitFor(async () => {
      const { apps, problems } = await state();
      expect(apps).toHaveLength(1);
      expect(problems).toHaveLength(Object.keys(paths).length);
    }, 3_000);
  });
});

describe('the site', () => {
  test('is a complete page without JavaScript, small, with a strict content security policy', async () => {
    await start();
    await becomes({ mood: 'good' });
    const response = await get('/');
    const html = await response.text();
    expect(html).toContain('<title>Everything is in its place · dev · Plinth</title>');
    expect(html).toContain('href="http://orders.dev.localhost:8080"');
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');

    const files = [...html.matchAll(/(?:href|src)="(\/[^"#]+\.\w+)"/g)].map(([, path]) => path ?? '');
    expect(files).toHaveLength(3);
    const sizes = await Promise.all(
      files.map(async (path) => (await (await get(path)).arrayBuffer()).byteLength),
    );
    expect(sizes.reduce((all, size) => all + size, html.length)).toBeLessThan(30_000);
  });

  test('escapes every text of the cluster, and links only to http and https addresses', async () => {
    const evil = '<script>alert(1)</script>"\'&';
    const odd = deployment('odd', evil);
    odd.metadata.annotations = { 'plinth.io/summary': evil, 'plinth.io/url': 'javascript:alert(1)' };
    api.put(paths.deployments, odd);
    await start();
    await becomes({ mood: 'good' });
    const html = await (await get('/')).text();
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('javascript:');
  });

  test('shows the addresses of public ports beside the host name, and instead of it', async () => {
    const both = deployment('broker');
    const addresses =
      'tcp://broker.dev.localhost:1883, udp://broker.dev.localhost:5353, javascript://broker:1';
    both.metadata.annotations = { ...both.metadata.annotations, 'plinth.io/addresses': addresses };
    const only = deployment('names');
    only.metadata.annotations = {
      'plinth.io/summary': 'Knows names.',
      'plinth.io/addresses': 'udp://names.dev.localhost:53',
    };
    const inside = deployment('worker');
    inside.metadata.annotations = { 'plinth.io/summary': 'Works.' };
    for (const each of [both, only, inside]) api.put(paths.deployments, each);
    await start();
    await becomes({
      mood: 'good',
      apps: [
        { name: 'broker', addresses: ['tcp://broker.dev.localhost:1883', 'udp://broker.dev.localhost:5353'] },
        { name: 'names', url: '', addresses: ['udp://names.dev.localhost:53'] },
        { name: 'orders', addresses: [] },
        { name: 'worker', addresses: [] },
      ],
    });
    const html = await (await get('/')).text();
    expect([...html.matchAll(/<dt>Address<\/dt>(.*?)<\/div>/g)].map(([, cells]) => cells)).toEqual([
      '<dd>broker.dev.localhost:8080</dd><dd>tcp://broker.dev.localhost:1883</dd><dd>udp://broker.dev.localhost:5353</dd>',
      '<dd>udp://names.dev.localhost:53</dd>',
      '<dd>orders.dev.localhost:8080</dd>',
      '<dd>inside the cluster only</dd>',
    ]);
  });

  test('compresses a response if the browser accepts that', async () => {
    await start();
    await becomes({ mood: 'good' });
    for (const path of ['/', '/style.css', '/live.js', '/api/state']) {
      const plain = await get(path, { headers: { 'accept-encoding': 'identity' } });
      const packed = await get(path, { headers: { 'accept-encoding': 'gzip' } });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(packed.headers.get('content-encoding')).toBe('gzip');
      expect(Number(packed.headers.get('content-length'))).toBeLessThan(
        Number(plain.headers.get('content-length')),
      );
      expect(await packed.text()).toBe(await plain.text());
    }
  });

  test('answers 404 for an unknown path, 405 for another method and 304 for an unchanged page', async () => {
    await start();
    expect((await get('/nowhere')).status).toBe(404);
    expect((await get('/..%2fserver.ts')).status).toBe(404);
    expect((await get('/', { method: 'POST' })).status).toBe(405);
    const etag = (await get('/style.css')).headers.get('etag') ?? '';
    expect((await get('/style.css', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await get('/', { method: 'HEAD' })).status).toBe(200);
  });
});

const all = ['verdict', 'problems', 'apps', 'signals', 'errors', 'changes', 'syncs', 'certificates', 'nodes'];

describe('the event stream', () => {
  test('sends all sections first, then only changed ones', async () => {
    await start();
    await becomes({ mood: 'good' });
    const events = follow(await get('/events'));
    expect(await events.next()).toMatchObject({ event: 'build' });
    const first = await events.next();
    expect(first.event).toBe('state');
    expect(ids(first.data)).toEqual(all);

    const added = node('two', false);
    api.put(paths.nodes, added);
    const second = await events.next();
    expect(ids(second.data)).toEqual(['verdict', 'problems', 'nodes']);
    expect(JSON.parse(second.data)).toMatchObject({ news: 'One thing needs a look. Node two' });
    expect(second.data).toContain('container runtime is down');
    await events.close();
  });

  test('does not send sections that the page reports to have', async () => {
    await start();
    await becomes({ mood: 'good' });
    const html = await (await get('/')).text();
    const sections = [...html.matchAll(/<section id="(\w+)"[^>]* data-version="([\w-]+)"/g)];
    expect(sections.map(([, id]) => id)).toEqual(all);
    const have = sections.map(([, id, version]) => `${id}.${version}`);
    const events = follow(await get(`/events?have=${have.join(',')}`));
    expect(await events.next()).toMatchObject({ event: 'build' });
    api.put(paths.nodes, node('two'));
    expect(ids((await events.next()).data)).toEqual(['nodes']);
    await events.close();
    const other = follow(await get(`/events?have=${have.slice(1).join(',')},nodes.old,x`));
    await other.next();
    expect(ids((await other.next()).data)).toEqual(['verdict', 'nodes']);
    await other.close();
  });

  test('ends with a complete response when the server stops', async () => {
    await start();
    await becomes({ mood: 'good' });
    const response = await get('/events');
    const whole = response.text();
    const stopped = home.stop(50);
    expect((await get('/readyz')).status).toBe(503);
    await stopped;
    expect(await whole).toContain('event: state');
  });
});

function ids(data: string): string[] {
  return (JSON.parse(data) as { sections: { id: string }[] }).sections.map(({ id }) => id);
}

interface Events {
  next(): Promise<{ event: string; data: string }>;
  close(): Promise<void>;
}

function follow(response: Response): Events {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  return {
    async next() {
      for (;;) {
        const end = buffer.indexOf('\n\n');
        if (end >= 0) {
          const block = buffer.slice(0, end);
          buffer = buffer.slice(end + 2);
          const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
          if (field('event') !== '') return { event: field('event'), data: field('data') };
          continue;
        }
        const chunk = await reader?.read();
        if (!chunk || chunk.done) throw new Error('the stream ended');
        buffer += chunk.value;
      }
    },
    async close() {
      await reader?.cancel();
    },
  };
}

describe('the metrics', () => {
  test('say which Kustomization fails; one that waits for it does not', async () => {
    await start({}, { metricsPort: 0 });
    api.put(paths.kustomizations, unreadyKustomization('orders', 'False', 'HealthCheckFailed', 'no answer'));
    api.put(paths.kustomizations, unreadyKustomization('stock', 'False', 'DependencyNotReady', 'waits'));
    await vi.waitFor(async () => {
      const answer = await fetch(`http://127.0.0.1:${home.metricsPort}/metrics`);
      const samples = (await answer.text()).split('\n').filter((line) => line.startsWith('flux_'));
      expect(samples).toEqual([
        'flux_kustomization_ready{name="orders"} 0',
        'flux_kustomization_ready{name="platform"} 1',
        'flux_kustomization_ready{name="stock"} 1',
      ]);
    }, 3_000);
    expect((await fetch(`http://127.0.0.1:${home.metricsPort}/`)).status).toBe(404);
  });
});
