import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { makeKeys } from './make-keys.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An API server that answers every request with one status, and what it was asked. */
async function apiServer(
  status: number,
): Promise<{ api: string; asked: { path: string; authorization: string; body: string }[] }> {
  const asked: { path: string; authorization: string; body: string }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push({
      path: `${request.method} ${request.url}`,
      authorization: request.headers.authorization ?? '',
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(status).end('{"message":"so says the test"}');
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { api: `http://127.0.0.1:${address.port}`, asked };
}

const input = { token: 'token', namespace: 'kratos', name: 'kratos-keys', keys: ['cookie', 'cipher'] };
const secret = z.object({
  kind: z.literal('Secret'),
  stringData: z.object({ cookie: z.string(), cipher: z.string() }).strict(),
});

it('creates a Secret of random values with 32 characters each', async () => {
  const { api, asked } = await apiServer(201);
  expect([await makeKeys({ ...input, api }), await makeKeys({ ...input, api })]).toEqual([true, true]);
  expect(asked[0]).toMatchObject({
    path: 'POST /api/v1/namespaces/kratos/secrets',
    authorization: 'Bearer token',
  });
  const values = asked.flatMap(({ body }) => Object.values(secret.parse(JSON.parse(body)).stringData));
  expect(new Set(values).size).toBe(4);
  for (const value of values) expect(value).toMatch(/^[\w-]{32}$/);
});

it('keeps an existing Secret', async () => {
  const { api } = await apiServer(409);
  expect(await makeKeys({ ...input, api })).toBe(false);
});

it("fails with the API server's message, without a value", async () => {
  const { api, asked } = await apiServer(403);
  const failure = await makeKeys({ ...input, api }).catch(String);
  expect(failure).toContain(
    'the API server does not make the Secret kratos/kratos-keys: 403 {"message":"so says the test"}',
  );
  const values = asked.flatMap(({ body }) => Object.values(secret.parse(JSON.parse(body)).stringData));
  for (const value of values) expect(failure).not.toContain(value);
});
