import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { until } from '../until.ts';
import { answerLength, endpoints, type GatewayStack, machineAddress, startGateway } from './gateway-stack.ts';

// The real Traefik before a real API server, both on this machine: no node and no container.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 600_000 });

const page = 'https://www.example.org';
const exposed = (name: string, exposes: object) => testApp({ name, exposes: { port: 'http', ...exposes } });

const apps = [
  exposed('plain', {}),
  exposed('unused', {}),
  exposed('uploads', { limits: { body: '1Mi', inFlight: 20 } }),
  exposed('often', { limits: { rate: { perSecond: 2, burst: 4 } } }),
  exposed('busy', { limits: { inFlight: 2 } }),
  exposed('shared', {
    cors: {
      origins: [page],
      methods: ['PUT'],
      headers: ['Authorization'],
      exposedHeaders: ['X-Total'],
      credentials: true,
      maxAge: '1h',
    },
    limits: { rate: { perSecond: 1, burst: 1 } },
  }),
  exposed('calls', { protocol: 'grpc', limits: { rate: { perSecond: 1, burst: 1 } } }),
];
// On machines browsers are told to use HTTPS alone, so there are filters of both kinds.
const env = environment({ apps, cluster: { provider: { kind: 'machines' } } });
const host = (name: string) => `${name}.test.localhost`;

let stack: GatewayStack;
/** Answers of the app 'busy' that wait. */
const waiting: (() => void)[] = [];
const servers: { close: () => unknown }[] = [];

beforeAll(async () => {
  const web = createServer((request, response) => {
    if (request.url === '/wait') waiting.push(() => response.end('done'));
    else if (request.url === '/large') response.end(Buffer.alloc(4 * 2 ** 20, 'x'));
    else if (request.url === '/larger') response.end(Buffer.alloc(5 * 2 ** 20, 'x'));
    else void answerLength(request, response);
  });
  const grpc = createHttp2Server((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/grpc' });
    response.end('called');
  });
  servers.push(web, grpc);
  const ports = await Promise.all(
    [web, grpc].map(
      (server) =>
        new Promise<number>((done) => {
          server.listen(0, machineAddress(), () => done((server.address() as AddressInfo).port));
        }),
    ),
  );
  const backends = Object.fromEntries(apps.map(({ name }) => [name, ports[name === 'calls' ? 1 : 0] ?? 0]));
  stack = await startGateway(env, backends);
  await until(
    async () => {
      const answers = await Promise.all(
        ['plain', 'uploads', 'shared'].map((name) => stack.ask({ host: host(name), ...preflight })),
      );
      return answers.every(({ status }) => status === 200);
    },
    () => `Traefik to serve the routes; it printed:\n${stack.log().slice(-3000)}`,
    { seconds: 60, pauseMs: 200 },
  );
});

afterAll(async () => {
  vi.resetConfig();
  await stack?.stop();
  for (const server of servers) server.close();
});

const preflight = {
  method: 'OPTIONS',
  headers: {
    origin: page,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization',
  },
};

/** Waits until a count of the gateway is empty again. */
const pause = () => new Promise((done) => setTimeout(done, 3000));

describe('the limit of bodies', () => {
  const post = (size: number, chunked = false) =>
    stack.ask({ host: host('uploads'), method: 'POST', body: Buffer.alloc(size, 'x'), chunked });

  it('admits a body of exactly its size, and refuses one more byte with 413', async () => {
    expect(await post(2 ** 20)).toMatchObject({ status: 200, body: `${2 ** 20} bytes` });
    expect((await post(2 ** 20 + 1)).status).toBe(413);
  });

  it('also refuses a body whose size the visitor does not say', async () => {
    expect(await post(1000, true)).toMatchObject({ status: 200, body: '1000 bytes' });
    expect((await post(2 ** 20 + 1, true)).status).toBe(413);
  });

  it('is not there for another app', async () => {
    const asked = { host: host('plain'), method: 'POST', body: Buffer.alloc(3 * 2 ** 20, 'x') };
    expect(await stack.ask(asked)).toMatchObject({ status: 200, body: `${3 * 2 ** 20} bytes` });
  });

  it('holds answers of up to 4Mi, and refuses larger ones with 500', async () => {
    expect(await stack.ask({ host: host('uploads'), path: '/large' })).toMatchObject({ status: 200 });
    expect(await stack.ask({ host: host('uploads'), path: '/larger' })).toMatchObject({ status: 500 });
    expect((await stack.ask({ host: host('plain'), path: '/larger' })).body).toHaveLength(5 * 2 ** 20);
  });
});

it('Traefik leaves no files of bodies', () => {
  expect(stack.files()).toEqual([]);
});

describe('the limit of rates', () => {
  it('refuses with 429 what is more than the burst, however the visitor writes the host and its headers', async () => {
    await pause();
    const written = ['often.test.localhost', 'OFTEN.test.localhost', 'often.test.localhost:8443'];
    const ask = async (i: number) => {
      const headers = { 'x-forwarded-for': `203.0.113.${i}`, 'x-forwarded-server': `other-${i}` };
      return (await stack.ask({ host: written[i % written.length] ?? '', headers })).status;
    };
    // The first request of all begins the count: several at the same instant can begin two (decision 27).
    expect(await ask(0)).toBe(200);
    const statuses = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(i)));
    const passed = statuses.filter((status) => status === 200).length;
    // One more request may wait for its turn.
    expect([3, 4]).toContain(passed);
    expect(statuses.filter((status) => status === 429)).toHaveLength(12 - passed);
  });

  it('admits requests again after a pause', async () => {
    await pause();
    expect((await stack.ask({ host: host('often') })).status).toBe(200);
  });
});

it('the limit of requests in flight refuses one more with 429, and admits it once one has its answer', async () => {
  const wait = () => stack.ask({ host: host('busy'), path: '/wait' });
  const both = [wait(), wait()];
  await until(async () => waiting.length === 2, 'both requests', { seconds: 10, pauseMs: 20 });
  const more = { host: 'BUSY.test.localhost', headers: { 'x-forwarded-server': 'other' } };
  expect((await stack.ask(more)).status).toBe(429);
  for (const answer of waiting.splice(0)) answer();
  expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await stack.ask(more)).status).toBe(200);
});

it("a change of another app's pods begins the counts anew, which is a limit of Traefik", async () => {
  const both = [1, 2].map(() => stack.ask({ host: host('busy'), path: '/wait' }));
  await until(async () => waiting.length === 2, 'both requests', { seconds: 10, pauseMs: 20 });
  expect((await stack.ask({ host: host('busy') })).status).toBe(429);
  expect(await stack.apply(endpoints('unused', 9))).toBeUndefined();
  await until(
    async () => (await stack.ask({ host: host('busy') })).status === 200,
    'Traefik to read the new pods',
    { seconds: 20, pauseMs: 200 },
  );
  for (const answer of waiting.splice(0)) answer();
  await Promise.all(both);
});

describe('CORS', () => {
  it('has the gateway answer a preflight request, as often as browsers ask', async () => {
    for (let i = 0; i < 5; i++) {
      const { status, headers, body } = await stack.ask({ host: host('shared'), ...preflight });
      expect({ status, body, headers }).toMatchObject({
        status: 200,
        body: '',
        headers: {
          'access-control-allow-origin': page,
          'access-control-allow-methods': 'PUT',
          'access-control-allow-headers': 'Authorization',
          'access-control-allow-credentials': 'true',
          'access-control-max-age': '3600',
          'strict-transport-security': 'max-age=31536000',
        },
      });
    }
  });

  it('does not name another origin', async () => {
    const headers = { ...preflight.headers, origin: 'https://evil.example.org' };
    const answer = await stack.ask({ host: host('shared'), ...preflight, headers });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('lets the page read answers, and also that there were too many requests', async () => {
    await pause();
    const ask = () => stack.ask({ host: host('shared'), headers: { origin: page } });
    const answers = [await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'access-control-allow-origin': page,
        'access-control-expose-headers': 'X-Total',
        vary: 'Origin',
      });
    }
  });
});

it('a gRPC route has limits, and works where browsers are told to use HTTPS alone', async () => {
  const call = () =>
    stack.ask({
      host: host('calls'),
      path: '/example.Service/Call',
      method: 'POST',
      headers: { 'content-type': 'application/grpc', te: 'trailers' },
      body: Buffer.alloc(5),
    });
  await pause();
  expect(await call()).toMatchObject({ status: 200, body: 'called' });
  expect((await Promise.all([call(), call(), call()])).map(({ status }) => status)).toContain(429);
});

describe('the API server refuses, also to Flux,', () => {
  const object = (kind: string, name: string, spec: object, namespace = 'shared'): KubeObject => ({
    ...{ apiVersion: 'traefik.io/v1alpha1', kind, metadata: { name, namespace }, spec },
  });
  const services = [{ name: 'shared', port: 8080 }];

  it('an IngressRoute, which would serve a host without the Gateway', async () => {
    const spec = { routes: [{ kind: 'Rule', match: 'Host(`stolen.test.localhost`)', services }] };
    for (const namespace of ['shared', 'gateway'])
      expect(await stack.apply(object('IngressRoute', 'x', spec, namespace))).toContain(
        'admits Middleware alone',
      );
    expect((await stack.ask({ host: 'stolen.test.localhost' })).status).toBe(404);
  });

  it.each([
    ['TLSStore', { defaultCertificate: { secretName: 'x' } }],
    ['TraefikService', { weighted: { services } }],
    ['ServersTransport', { insecureSkipVerify: true }],
    ['MiddlewareTCP', { inFlightConn: { amount: 1 } }],
  ])('a %s', async (kind, spec) => {
    expect(await stack.apply(object(kind, 'x', spec))).toContain('admits Middleware alone');
  });

  it.each([
    ['of another name', 'other', { inFlightReq: { amount: 1 } }, 'no app of the graph has this Middleware'],
    ['with forwardAuth', 'shared-cors', { forwardAuth: { address: 'http://x' } }, 'has these fields alone'],
    ['with a plugin', 'shared-cors', { plugin: { x: {} } }, 'has these fields alone'],
    [
      'that writes a header',
      'shared-cors',
      { headers: { customRequestHeaders: { a: 'b' } } },
      'headers of a Middleware',
    ],
    [
      'that counts in Redis',
      'shared-rate',
      { rateLimit: { average: 1, redis: {} } },
      'rateLimit of a Middleware',
    ],
    ['that holds more', 'shared-cors', { buffering: { maxRequestBodyBytes: 2 ** 40 } }, 'holds at most'],
  ])('a Middleware %s', async (_, name, spec, message) => {
    expect(await stack.apply(object('Middleware', name, spec))).toContain(message);
  });
});
