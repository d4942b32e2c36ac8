import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { Metadata, status } from '@grpc/grpc-js';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { execa } from 'execa';
import { expect, it, vi } from 'vitest';
import { Refusal } from '../../apps/kit/refusal.ts';
import { observed } from '../../apps/kit/unary.ts';

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

it('a span is marked failed for an internal error, and not for a refused request', async () => {
  const ended = new Map<string, SpanStatusCode>();
  const exporter = {
    export: (spans: ReadableSpan[], done: (result: { code: number }) => void) => {
      for (const { name, status } of spans) ended.set(name, status.code);
      done({ code: 0 });
    },
    shutdown: async () => {},
    forceFlush: async () => {},
  };
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  trace.setGlobalTracerProvider(provider);
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
  await provider.forceFlush();
  expect(Object.fromEntries(ended)).toEqual({
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
  const written: string[] = [];
  const output = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    await expect(observed(call, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  } finally {
    output.mockRestore();
  }
  const lines = written
    .join('')
    .split('\n')
    .filter((line) => line.includes('call failed'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    method: 'v1.Tested/Broken',
    caller: 'shop',
    address: '192.0.2.1:5',
    error: expect.stringContaining('Error: a bug\n    at '),
  });
  expect(written.join('')).not.toContain('not-for-the-log');
});
