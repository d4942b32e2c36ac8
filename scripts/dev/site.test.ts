import { once } from 'node:events';
import { request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'vite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { TestAuthority } from '../../test/services/authority.ts';

const folder = join(import.meta.dirname, '../../apps/web');

function ask(port: number, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: `app.dev.localhost:${port}`,
      cookie: '__Host-session=abc',
      origin: 'http://elsewhere',
    };
    request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

it('serves the pages of apps/web from their sources, and passes the API on to the cluster with its session', async () => {
  const authority = await TestAuthority.make('gateway');
  const pair = await authority.issue({ commonName: 'gateway', dnsNames: ['*.dev.localhost'] });
  const cluster = createHttpsServer(pair, ({ url, headers }, response) => {
    const { host, origin, cookie } = headers;
    response.end(JSON.stringify({ url, host, origin, cookie }));
  }).listen(0, '127.0.0.1');
  await once(cluster, 'listening');
  onTestFinished(() => void cluster.close());
  const origin = `https://app.dev.localhost:${(cluster.address() as AddressInfo).port}`;
  vi.stubEnv('CLUSTER_ORIGIN', origin);
  const vite = await createServer({
    root: folder,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0 },
  });
  onTestFinished(async () => {
    await vite.close();
    vi.unstubAllEnvs();
  });
  await vite.listen();
  const address = vite.httpServer?.address();
  if (typeof address !== 'object' || address === null) throw new Error('Vite does not listen');
  const { port } = address;

  expect(await ask(port, '/organisations')).toMatchObject({
    status: 200,
    text: expect.stringContaining('src="/src/main.tsx"'),
  });
  expect(await ask(port, '/src/main.tsx')).toMatchObject({
    status: 200,
    text: expect.stringContaining('jsx'),
  });
  const { text } = await ask(port, '/api/accounts/v1/session');
  expect(JSON.parse(text)).toEqual({
    ...{ url: '/api/accounts/v1/session', host: new URL(origin).host, origin, cookie: '__Host-session=abc' },
  });
}, 60_000);
