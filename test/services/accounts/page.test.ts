import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { routes } from '../../../apps/accounts/src/routes.ts';
import { openChromium } from '../../browser/chromium.ts';
import { violations } from '../../browser/violations.ts';
import { AccountsWorld } from './world.ts';

/* The page that tries the API, in Chromium. In the place of gateway and proxy a server adds a token. */

let world: AccountsWorld;
let front: Server;
let browser: Browser;
let address: string;
/** So many requests are refused until the session is revalidated. */
let isStale = false;
const asked: string[] = [];

beforeAll(async () => {
  world = await AccountsWorld.start('page');
  front = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    asked.push(`${method} ${url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (url === '/.sign-in/revalidate') isStale = false;
    if (url === '/.sign-in/revalidate') return response.writeHead(200).end('{}');
    if (isStale && url.startsWith('/v1/')) return response.writeHead(402).end('{}');
    const text = Buffer.concat(chunks).toString();
    const body = text === '' ? {} : { body: JSON.parse(text) };
    const answer = await world.raw(method, url, { token: world.token('ada'), ...body });
    response.writeHead(answer.status, answer.headers).end(answer.text);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  address = `http://127.0.0.1:${(front.address() as AddressInfo).port}/`;
  browser = await openChromium();
}, 10 * 60_000);

afterAll(async () => {
  await browser?.close();
  front?.closeAllConnections();
  front?.close();
  await world?.stop();
});

/** The page, once it has read the document; `errors`: what the browser complains about. */
async function opened(colorScheme: 'light' | 'dark' = 'light'): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 402/.test(message.text())) errors.push(message.text());
  });
  page.on('dialog', (dialog) => {
    errors.push(`a dialog says ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(address);
  await page.getByText(`${routes.length} operations.`).waitFor();
  return { page, errors };
}

/** Opens the form of an operation and sends it. */
async function send(page: Page, summary: string, body: object): Promise<string> {
  const operation = page.locator('details', { hasText: summary });
  await operation.locator('summary').click();
  await operation.locator('textarea').fill(JSON.stringify(body));
  await operation.getByRole('button', { name: 'Send' }).click();
  await operation.locator('pre', { hasText: /^\d{3} / }).waitFor();
  return operation.locator('pre').innerText();
}

it.each(['light', 'dark'] as const)(
  'the page has a form for every operation and passes axe at 320 px, %s',
  async (colorScheme) => {
    const { page, errors } = await opened(colorScheme);
    await page.locator('summary', { hasText: 'PATCH /v1/organisations/{organisation}' }).click();
    expect(await page.locator('form').count()).toBe(routes.length);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    expect(errors).toEqual([]);
  },
);

it('the page sends an operation and shows the answer as escaped text', async () => {
  const { page, errors } = await opened();
  const name = '<img src=x onerror="alert(1)">';
  const shown = await send(page, 'Creates an organisation', { name });
  expect(shown).toMatch(/^200 /);
  expect(shown).toContain(JSON.stringify(name));
  expect(await page.locator('img').count()).toBe(0);
  expect(errors).toEqual([]);
});

it('the page revalidates changed rights and repeats the request', async () => {
  const { page, errors } = await opened();
  isStale = true;
  asked.length = 0;
  expect(await send(page, 'Creates an organisation', { name: 'Typed once' })).toMatch(/^200 /);
  expect(asked).toEqual(['POST /v1/organisations', 'POST /.sign-in/revalidate', 'POST /v1/organisations']);
  expect(errors).toEqual([]);
});
