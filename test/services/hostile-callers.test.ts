import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../apps/kit/client.ts';
import { type Job, JobsServiceClient } from '../../apps/kit/generated/jobs.ts';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { MutualServer } from '../../apps/kit/mutual-server.ts';
import { connect, identity, type Running, runJobs } from './world.ts';

let jobs: Running;
let folder = '';
let shop: JobsServiceClient;

beforeAll(async () => {
  jobs = await runJobs('jobs-of-hostile-callers', ['shop']);
  folder = await identity(jobs.authority, 'shop');
  shop = connect(JobsServiceClient, jobs.address, folder);
});

afterAll(async () => {
  shop?.close();
  await jobs?.service.stop();
});

function identityOf(protocol: string) {
  const file = (name: string) => readFileSync(join(folder, name));
  return {
    ...{ cert: file('tls.crt'), key: file('tls.key'), ca: file('roots.pem') },
    ALPNProtocols: [protocol],
  };
}

/** What the server sends on a connection, until it closes it. */
async function said(
  send: (socket: TLSSocket) => void,
  { protocol = 'http/1.1', port = jobs.service.port } = {},
): Promise<string> {
  const socket = connectTls({ host: 'localhost', port, ...identityOf(protocol) });
  let text = '';
  socket.on('error', () => {}); // the server closes it in the middle of a flood
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.once('secureConnect', () => send(socket));
  await new Promise((done) => socket.once('close', done));
  return text;
}

const post = (more: string) =>
  `POST /v1/queues/shop.body/jobs HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n${more}\r\n\r\n`;

/** The service goes on: another caller gets an answer in time. */
async function goesOn(): Promise<void> {
  await ask(shop, shop.listQueues, {}, 5_000);
}

describe('a request by HTTP', () => {
  it.each([
    ['with its length', `${post('content-length: 400000')}${' '.repeat(400_000)}`],
    [
      'in chunks',
      `${post('transfer-encoding: chunked')}${`2710\r\n${' '.repeat(10_000)}\r\n`.repeat(40)}0\r\n\r\n`,
    ],
  ])('with a body that is too large, %s, is refused with the reason', async (_how, bytes) => {
    const answer = await said((socket) => socket.write(bytes));
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*a body has at most 131072 bytes/);
    await goesOn();
  });

  it('whose caller goes away in the middle of its body ends', async () => {
    await said((socket) => {
      socket.write(`${post('content-length: 1000')}{`);
      setTimeout(() => socket.destroy(), 100);
    });
    await goesOn();
  });

  it.each([
    ['10,000 headers', `GET / HTTP/1.1\r\nhost: a\r\n${'a: b\r\n'.repeat(10_000)}\r\n`, /^HTTP\/1\.1 431 /],
    ['two lengths', `${post('content-length: 2\r\ncontent-length: 3')}{}`, /^HTTP\/1\.1 400 /],
    [
      'a length and chunks',
      `${post('content-length: 2\r\ntransfer-encoding: chunked')}{}`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'NUL in its path',
      'GET /v1/queues/%00/jobs HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'bytes that are not UTF-8 in its path',
      'GET /v1/queues/%ff/jobs HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
  ])('with %s is refused', async (_what, bytes, answer) => {
    expect(await said((socket) => socket.write(bytes))).toMatch(answer);
  });

  it('is not one of thousands on its connection', async () => {
    await said((socket) => socket.write('GET /v1/queues HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(5_000)));
    await goesOn();
  });
});

describe('an answer that its caller does not read', () => {
  it('ends with the time of grace after the age of its connection', async () => {
    const server = await MutualServer.listen({
      ...{ port: 0, callers: new Set(['shop']), services: [], limits: { ageMs: 200, graceMs: 300 } },
      identity: new IdentityFolder(await identity(jobs.authority, 'server', ['localhost'])),
      http: (_request, response) => response.write('the beginning'),
    });
    const request = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
    expect(await said((socket) => socket.write(request), { port: server.port })).toContain('the beginning');
    await server.close(0);
  });

  it('is small, also where jobs are large', async () => {
    const payload = { numbers: Array.from({ length: 30_000 }, () => 0) };
    const ids = await Promise.all(
      Array.from({ length: 30 }, () =>
        ask(shop, shop.enqueue, {
          ...{ queue: 'shop.large', payload, idempotencyKey: '', priority: 0, retry: undefined },
          runAt: new Date(Date.now() + 3_600_000),
        }),
      ),
    );
    const found: Job[] = [];
    let [pageToken, pages] = ['', 0];
    do {
      const page = await ask(shop, shop.listJobs, {
        queue: 'shop.large',
        state: 0,
        pageSize: 200,
        pageToken,
      });
      found.push(...page.jobs);
      ({ nextPageToken: pageToken } = page);
      pages++;
    } while (pageToken !== '');
    expect(found.map(({ id }) => id).sort()).toEqual(ids.map(({ id }) => id).sort());
    expect(pages).toBeGreaterThan(1);
  }, 60_000);
});

/** A frame of HTTP/2 (RFC 9113, 4.1). */
function frame(type: number, flags: number, stream: number, body = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** A header without index and compression (RFC 7541, 6.2.2). */
const header = (name: string, value: string) =>
  Buffer.concat(
    [name, value].map((text, i) =>
      Buffer.from(`${i === 0 ? '\0' : ''}${String.fromCharCode(text.length)}${text}`),
    ),
  );
const headers = Buffer.concat([
  header(':method', 'POST'),
  header(':scheme', 'https'),
  header(':authority', 'jobs'),
  header(':path', '/jobs.v1.JobsService/ListQueues'),
  header('content-type', 'application/grpc'),
  header('te', 'trailers'),
]);
const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);

describe('a connection of HTTP/2', () => {
  it.each<[string, Buffer, (n: number) => Buffer]>([
    ['headers that do not end', frame(1, 0, 1, headers), () => frame(9, 0, 1, header('a', 'b'.repeat(50)))],
    ['headers that do not end and are empty', frame(1, 0, 1, headers), () => frame(9, 0, 1)],
    [
      'calls that are cancelled at once',
      Buffer.alloc(0),
      (n) =>
        Buffer.concat([frame(1, 4, 2 * n + 1, headers), frame(3, 0, 2 * n + 1, Buffer.from([0, 0, 0, 8]))]),
    ],
  ])(
    'is closed after a flood of %s',
    async (_what, before, next) => {
      await said(
        (socket) => {
          socket.write(Buffer.concat([preface, before]));
          let sent = 0;
          const flood = setInterval(() => {
            socket.write(Buffer.concat(Array.from({ length: 500 }, () => next(sent++))));
          }, 5);
          socket.once('close', () => clearInterval(flood));
        },
        { protocol: 'h2' },
      );
      await goesOn();
    },
    60_000,
  );
});

describe('a text by gRPC that is not UTF-8', () => {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);

  /** The status of a call with a message as bytes. */
  async function codeOf(session: ClientHttp2Session, message: Buffer): Promise<number> {
    const call = session.request({
      ...{ ':method': 'POST', ':path': '/jobs.v1.JobsService/Enqueue' },
      ...{ 'content-type': 'application/grpc', te: 'trailers' },
    });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    call.end(Buffer.concat([head, message]));
    return new Promise((done, fail) => {
      const read = (given: Record<string, unknown>) => {
        if (given['grpc-status'] !== undefined) done(Number(given['grpc-status']));
      };
      call.on('response', read).on('trailers', read).on('error', fail).resume();
    });
  }

  it('is refused, because two keys would be one and a job would be lost', async () => {
    const session = connectHttp2(`https://localhost:${jobs.service.port}`, identityOf('h2'));
    const queue = field(1, Buffer.from('shop.keys'));
    expect(await codeOf(session, Buffer.concat([queue, field(3, Buffer.from('ä'))]))).toBe(status.OK);
    for (const byte of [0xff, 0xfe])
      expect(await codeOf(session, Buffer.concat([queue, field(3, Buffer.from([byte]))]))).toBe(
        status.INVALID_ARGUMENT,
      );
    session.destroy();
  });
});
