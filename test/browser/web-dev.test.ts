import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpsServer, type Server } from 'node:https';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { FakeAccounts } from '../../apps/web/test/fake-accounts.ts';
import { TestAuthority } from '../services/authority.ts';
import { openChromium } from './chromium.ts';

/*
 * `npm run dev -- web` in Chromium: Vite's server with the sources, in front of a gateway of the test with an API in memory, which
 * wants a session and refuses other origins as the proxy of the sign-in does.
 */

const folder = join(import.meta.dirname, '../../apps/web');
const session = '__Host-session=abc';

const api = new FakeAccounts();
let cluster: Server;
let vite: ViteDevServer;
let browser: Browser;
let [origin, here] = ['', ''];

beforeAll(async () => {
  const pair = await (await TestAuthority.make('gateway')).issue({
    commonName: 'gateway',
    dnsNames: ['*.dev.localhost'],
  });
  cluster = createHttpsServer(pair, async (request, response) => {
    const { method = '', url = '', headers } = request;
    if (url === '/') {
      const cookie = `${session}; Path=/; Secure; HttpOnly; SameSite=Lax`;
      return response.writeHead(200, { 'set-cookie': cookie }).end('signed in');
    }
    const isOurs = headers.origin === undefined || headers.origin === origin;
    const code = isOurs ? 'not_signed_in' : 'foreign_origin';
    if (!isOurs || headers.cookie !== session)
      return response.writeHead(isOurs ? 401 : 403).end(JSON.stringify({ error: { code, message: code } }));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = api.answer(method, url, Buffer.concat(chunks).toString());
    if (answer === 'no connection') return response.destroy();
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body));
  });
  origin = `https://app.dev.localhost:${await portOf(cluster.listen(0, '127.0.0.1'))}`;
  vi.stubEnv('CLUSTER_ORIGIN', origin);
  vite = await createServer({ root: folder, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
  await vite.listen();
  if (vite.httpServer === null) throw new Error('Vite does not listen');
  here = `http://app.dev.localhost:${await portOf(vite.httpServer)}`;
  const key = new X509Certificate(pair.cert).publicKey.export({ type: 'spki', format: 'der' });
  browser = await openChromium(createHash('sha256').update(key).digest('base64'), {
    'evil.test': Number(new URL(here).port),
  });
}, 5 * 60_000);

afterAll(async () => {
  await browser?.close();
  await vite?.close();
  cluster?.closeAllConnections();
  cluster?.close();
  vi.unstubAllEnvs();
});

async function portOf(server: Pick<Server, 'address' | 'listening'> & NodeJS.EventEmitter): Promise<number> {
  if (!server.listening) await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

it(
  "shows the cluster's data with the session that the browser has there, and changes it",
  async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 40[12]/.test(message.text()))
        complaints.push(message.text());
    });
    await page.goto(`${here}/organisations`, { timeout: 120_000 });
    const link = page.getByRole('link', { name: 'Sign in in another tab' });
    await link.waitFor({ timeout: 120_000 });
    expect(api.asked).toEqual([]);
    const [tab] = await Promise.all([context.waitForEvent('page'), link.click()]);
    await tab.getByText('signed in').waitFor();
    expect(tab.url()).toBe(`${origin}/`);

    await page.reload();
    await page.getByText('You act for it').first().waitFor();
    api.isStale = true;
    await page.getByLabel('Name').fill('Choir');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('link', { name: 'Choir' }).waitFor();
    expect(api.asked.filter((line) => line.startsWith('POST'))).toEqual([
      'POST /api/accounts/v1/organisations {"name":"Choir"}',
      'POST /.sign-in/revalidate',
      'POST /api/accounts/v1/organisations {"name":"Choir"}',
    ]);

    await page.goto(`${here}/account`);
    const settings = page.getByRole('link', { name: /second factor/ });
    expect(await settings.getAttribute('href')).toBe(`${origin.replace('app', 'accounts')}/settings`);
    expect(complaints).toEqual([]);
  },
  5 * 60_000,
);

it('answers no site that gives this machine a name of its own', async () => {
  const page = await (await browser.newContext()).newPage();
  const answer = await page.goto(here.replace('app.dev.localhost', 'evil.test'));
  expect(answer?.status()).toBe(403);
}, 60_000);
