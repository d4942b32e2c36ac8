import { once } from 'node:events';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PeerCertificate } from 'node:tls';
import { Metadata, status } from '@grpc/grpc-js';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { Database, databaseAccess } from '../../apps/kit/database.ts';
import { httpFace } from '../../apps/kit/http-face.ts';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { MutualServer } from '../../apps/kit/mutual-server.ts';
import { Refusal } from '../../apps/kit/refusal.ts';
import type { Given, Route } from '../../apps/kit/route.ts';
import { startTracing } from '../../apps/kit/tracing.ts';
import { observed } from '../../apps/kit/unary.ts';
import { fieldWithoutSecrets, withoutSecrets } from '../../apps/kit/without-secrets.ts';
import { TestAuthority } from './authority.ts';
import { makeDatabase } from './postgres.ts';
import { identity, loginAs } from './world.ts';

const program = `
import { inSpan, SpanKind, startTracing } from ${JSON.stringify(join(import.meta.dirname, '../../apps/kit/tracing.ts'))};
const end = startTracing('tested', process.env);
await inSpan('outer', SpanKind.SERVER, {}, () => inSpan('inner', SpanKind.CLIENT, {}, async () => {}));
await end();
`;

/** The spans that a collector receives from a process with these variables. */
async function received(variables: (endpoint: string) => Record<string, string>) {
  const bodies: { url: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push({ url: request.url ?? '', body: Buffer.concat(chunks).toString('latin1') });
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await execa(process.execPath, ['--input-type=module', '-'], { input: program, env: variables(endpoint) });
  } finally {
    server.close();
  }
  return bodies;
}

it('traces are sent to the configured endpoint', async () => {
  const bodies = await received((endpoint) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }));
  expect(bodies.map(({ url }) => url)).toEqual(['/v1/traces']);
  for (const text of ['outer', 'inner', 'service.name', 'tested']) expect(bodies[0]?.body).toContain(text);
});

it('no trace is recorded without an endpoint', async () => {
  expect(await received(() => ({}))).toEqual([]);
});

/** Spans that end in this process; a provider cannot be replaced. */
const ended: ReadableSpan[] = [];

beforeAll(() => {
  const exporter = {
    export: (spans: ReadableSpan[], done: (result: { code: number }) => void) => {
      ended.push(...spans);
      done({ code: 0 });
    },
    shutdown: async () => {},
    forceFlush: async () => {},
  };
  startTracing('tested', {});
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
});

/** The lines that this process writes while work runs. */
async function written(work: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const output = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  try {
    await work();
  } finally {
    output.mockRestore();
  }
  return lines.join('');
}

/** The one line with a message. */
function line(text: string, message: string): Record<string, unknown> {
  const found = text.split('\n').filter((each) => each.includes(`"message":"${message}"`));
  expect(found).toHaveLength(1);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(found[0] ?? ''));
}

it('a span is marked failed for an internal error, and not for a refused request', async () => {
  const call = (method: string) => ({
    getPath: () => `/v1.Tested/${method}`,
    getPeer: () => '192.0.2.1:5',
    getAuthContext: () => ({ sslPeerCertificate: { subject: { CN: 'shop' } } as PeerCertificate }),
    metadata: new Metadata(),
  });
  const refused = () => Promise.reject(new Refusal(status.NOT_FOUND, 'not here'));
  const broken = () => Promise.reject(new Error('a bug'));
  await expect(observed(call('Refused'), refused)).rejects.toThrow('not here');
  await expect(observed(call('Broken'), broken)).rejects.toThrow('a bug');
  const codes = ended
    .filter(({ name }) => name.startsWith('v1.Tested/'))
    .map(({ name, status }) => [name, status.code]);
  expect(Object.fromEntries(codes)).toEqual({
    'v1.Tested/Refused': SpanStatusCode.UNSET,
    'v1.Tested/Broken': SpanStatusCode.ERROR,
  });
});

it('an internal error is logged with its method, caller and address, and without the credentials of the call', async () => {
  const metadata = new Metadata();
  for (const name of ['authorization', 'cookie']) metadata.set(name, 'Bearer not-for-the-log');
  const call = {
    getPath: () => '/v1.Tested/Broken',
    getPeer: () => '192.0.2.1:5',
    getAuthContext: () => ({ sslPeerCertificate: { subject: { CN: 'shop' } } as PeerCertificate }),
    metadata,
  };
  const text = await written(async () => {
    await expect(observed(call, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  });
  expect(line(text, 'call failed')).toMatchObject({
    level: 'error',
    method: 'v1.Tested/Broken',
    caller: 'shop',
    address: '192.0.2.1:5',
    error: expect.stringContaining('Error: a bug\n    at '),
  });
  expect(text).not.toContain('not-for-the-log');
});

describe('an error over HTTP', () => {
  const secret = 'not-for-the-log';
  let server: MutualServer;
  let folder: IdentityFolder;
  let caller: { cert: string; key: string; ca: string };
  let database: Database;

  const failing = (path: string, fail: (given: Given) => Promise<unknown>): Route<undefined> => ({
    ...{ method: 'post', path, id: path, summary: 'Fails.', body: z.unknown(), answer: z.object({}) },
    run: (_service, given) => fail(given),
  });
  const routes = [
    failing('/v1/things/{thing}/bug', () => Promise.reject(new Error('a bug'))),
    failing('/v1/things/{thing}/away', () => Promise.reject(new Refusal(status.UNAVAILABLE, 'try again'))),
    failing('/v1/things/{thing}/refused', () => Promise.reject(new Refusal(status.NOT_FOUND, 'not here'))),
    failing('/v1/things/{thing}/whole', ({ call, query, body }) => {
      const url = `https://someone:${secret}@shop.example/things?sig=${query.sig}#${secret}`;
      const headers = ['authorization', 'cookie'].map((name) => `${name}: ${call.header(name)}`).join('\n');
      throw new Error(`cannot reach ${url} with\n${headers}\nand ${JSON.stringify(body)}`);
    }),
    failing('/v1/things/{thing}/database', () =>
      database.query(
        'broken',
        `do $$ begin raise exception 'could not connect to postgres://shop:${secret}@db.example:5432/shop?sslpassword=${secret}: host=db.example password=${secret} dbname=shop'; end $$`,
      ),
    ),
  ];

  beforeAll(async () => {
    const authority = await TestAuthority.make('rest');
    folder = new IdentityFolder(await identity(authority, 'rest', ['localhost']));
    const callers = new Set(['shop']);
    const http = httpFace({ service: undefined, routes, callers, files: new Map() });
    server = await MutualServer.listen({ port: 0, identity: folder, callers, services: [], http });
    caller = { ...(await authority.issue({ commonName: 'shop' })), ca: authority.roots };
    await makeDatabase(inject('postgres'), 'rest');
    database = new Database(databaseAccess('rest', await loginAs('rest', 'read-write')));
  });
  afterAll(async () => {
    await server?.close(0);
    folder?.close();
    await database?.close();
  });

  /** What the log and the exported spans have of a request with a secret in each of its parts, and its answer. */
  async function sent(path: string): Promise<{ code: number; said: string; log: string; spans: string }> {
    const before = ended.length;
    let code = 0;
    let said = '';
    const log = await written(async () => {
      const asked = request({
        ...{ host: 'localhost', port: server.port, ...caller, agent: false, method: 'POST' },
        path: `/v1/things/7/${path}?sig=${secret}`,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${secret}`,
          cookie: `session=${secret}`,
        },
      });
      asked.end(JSON.stringify({ password: secret, nested: { apiKey: secret }, thing: 'kept' }));
      const [answer] = await once(asked, 'response');
      code = answer.statusCode;
      said = await text(answer);
    });
    const spans = ended.slice(before).map(({ name, attributes, events, links, status: ending }) => ({
      ...{ name, attributes, events, links, ending },
    }));
    return { code, said, log, spans: JSON.stringify(spans) };
  }

  it.each([
    ['bug', 500, 'Error: a bug\n    at '],
    ['away', 503, 'Refusal: try again\n    at '],
  ])('is logged with its trace, caller, method, route and address: %s', async (path, code, error) => {
    const before = ended.length;
    const found = await sent(path);
    expect(found.code).toBe(code);
    const span = ended[before]?.spanContext();
    expect(line(found.log, 'request failed')).toEqual({
      ...{ time: expect.any(String), level: 'error', message: 'request failed' },
      ...{
        method: 'POST',
        caller: 'shop',
        path: `/v1/things/7/${path}`,
        route: `/v1/things/{thing}/${path}`,
      },
      ...{ address: expect.stringMatching(/127\.0\.0\.1|::1/), error: expect.stringContaining(error) },
      ...{ trace_id: span?.traceId, span_id: span?.spanId },
    });
    expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is not logged for a refused request', async () => {
    const { code, log } = await sent('refused');
    expect({ code, log }).toEqual({ code: 404, log: '' });
  });

  it.each([
    ['whole', ['https://shop.example/things?***', 'thing', 'kept']],
    ['database', ['postgres://db.example:5432/shop?***', 'host=db.example', 'dbname=shop']],
  ])('takes no secret into the log, the span or the answer: %s', async (path, kept) => {
    const { code, said, log, spans } = await sent(path);
    expect(code).toBe(500);
    for (const text of [log, spans]) for (const part of kept) expect(text).toContain(part);
    for (const text of [said, log, spans]) expect(text).not.toContain(secret);
  });
});

describe('a text without secrets', () => {
  it.each([
    ['GET https://a:b@host/path?x=1 failed', 'GET https://host/path?*** failed'],
    ['https://host/path is gone', 'https://host/path is gone'],
    ['postgresql://u:p@db:5432/shop', 'postgresql://db:5432/shop'],
    ['password=hunter2 user=shop', 'password=*** user=shop'],
    ['PGPASSWORD=hunter2', 'PGPASSWORD=***'],
    ['{"accessToken":"a b","name":"x"}', '{"accessToken":***,"name":"x"}'],
    ['authorization: Basic dXNlcjpwYXNz', 'authorization: ***'],
    ['sent Bearer abcdefgh.ijkl', 'sent Bearer ***'],
    ["client_secret='a b' id=3", 'client_secret=*** id=3'],
    ['the token has expired', 'the token has expired'],
    ['connect ECONNREFUSED 10.0.0.1:5432', 'connect ECONNREFUSED 10.0.0.1:5432'],
    ['at work (file:///app/server.mjs:10:5)', 'at work (file:///app/server.mjs:10:5)'],
  ])('%s', (given, expected) => {
    expect(withoutSecrets(given)).toBe(expected);
  });

  it('has no value of a field that bears the name of a secret', () => {
    const given = { error: 'x', fields: { password: 'a', cookie: 'b', name: 'c' } };
    expect(JSON.parse(JSON.stringify(given, fieldWithoutSecrets))).toEqual({
      error: 'x',
      fields: { password: '***', cookie: '***', name: 'c' },
    });
  });

  it('takes no longer for a long text', () => {
    const begun = performance.now();
    for (const part of ['a', 'a:', 'password', 'token=', 'https://', '"', '\\', 'bearer '])
      withoutSecrets(part.repeat(20_000));
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
