import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pass } from './program/upstream.ts';

/* Answers that the proxy holds back, so that their time says nothing. */

const heldMs = 300;

let upstream: Server;
let proxy: Server;

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

beforeAll(async () => {
  upstream = createServer((message, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('12345');
    if (message.url === '/dies') setTimeout(() => response.destroy(), heldMs / 3);
    else response.end('67890');
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  proxy = createServer((message, response) =>
    pass({
      ...{ request: message, response, headers: [['host', 'shop.test']] },
      target: { protocol: 'http:', host: '127.0.0.1', port: portOf(upstream) },
      hold: () => heldMs,
      failed: (status) => response.writeHead(status).end(),
    }),
  ).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});

afterAll(() => {
  for (const server of [proxy, upstream]) {
    server.closeAllConnections();
    server.close();
  }
});

function ask(path: string, leavesAfter?: number): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const asked = request({ host: '127.0.0.1', port: portOf(proxy), path, agent: false });
    asked.once('response', done).once('error', fail);
    asked.end();
    if (leavesAfter !== undefined) setTimeout(() => asked.destroy(), leavesAfter);
  });
}

async function isServed(): Promise<void> {
  const begun = performance.now();
  const answer = await ask('/');
  expect(performance.now() - begun).toBeGreaterThanOrEqual(heldMs - 5);
  expect(answer.statusCode).toBe(200);
  expect(await new Response(answer).text()).toBe('1234567890');
}

it('are sent whole after their time', isServed);

it.each<[string, string, number | undefined]>([
  ['the visitor leaves', '/', heldMs / 3],
  ['the server dies', '/dies', undefined],
])('stop nobody else if meanwhile %s', async (_, path, leavesAfter) => {
  await expect(ask(path, leavesAfter)).rejects.toThrow();
  await isServed();
});
