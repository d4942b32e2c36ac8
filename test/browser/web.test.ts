import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { FakeAccounts } from '../../apps/web/test/fake-accounts.ts';
import { bundle } from '../../scripts/app-images/bundle.ts';
import { openChromium } from './chromium.ts';
import { violations } from './violations.ts';

/* The pages of apps/web as they are deployed, in Chromium, with the headers of its nginx and an API in memory. */

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'apps/web');
/** Bytes of the first load: 150 kB, compressed. */
const budget = 150_000;

let api: FakeAccounts;
let server: Server;
let browser: Browser;
let origin = '';
/** Compressed bytes of the pages' files that were sent. */
let sentBytes = 0;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The headers that nginx adds to each of its own answers. */
function nginxHeaders(): Record<string, string> {
  const text = readFileSync(join(folder, 'nginx/headers.conf'), 'utf8');
  const found = [...text.matchAll(/^add_header (\S+) (?:"([^"]*)"|(\S+)) always;$/gm)];
  return Object.fromEntries(found.map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
}

beforeAll(async () => {
  await bundle({ root, folder: 'apps/web', entry: 'index.html' });
  const headers = nginxHeaders();
  expect(headers['content-security-policy']).toContain("script-src 'self'");
  server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const path = new URL(url, 'http://app.localhost').pathname;
    if (path === '/api/orders/v1/order-events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.write('retry: 1000\n\n');
    }
    if (path.startsWith('/api/') || path.startsWith('/.sign-in/')) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const answer = api.answer(method, url, Buffer.concat(chunks).toString());
      if (answer === 'no connection') return response.destroy();
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      return response.end(JSON.stringify(answer.body));
    }
    const asked = join(folder, 'dist', path);
    const file = extname(path) !== '' && existsSync(asked) ? asked : join(folder, 'dist/index.html');
    const body = gzipSync(readFileSync(file), { level: 6 });
    sentBytes += body.length;
    response
      .writeHead(200, { ...headers, 'content-type': types[extname(file)], 'content-encoding': 'gzip' })
      .end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://app.localhost:${(server.address() as AddressInfo).port}`;
  browser = await openChromium();
}, 5 * 60_000);

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

beforeEach(() => {
  api = new FakeAccounts();
  api.isAdministrator = true;
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

/** A page once it shows `words`, and what its browser complains about: what the policy stopped, and errors of scripts. */
async function opened(path: string, words: string): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(`${origin}${path}`);
  await page.getByText(words).first().waitFor();
  return { page, complaints };
}

const club = `/organisations/${new FakeAccounts().club.id}`;

const pages: [string, string][] = [
  ['/organisations', 'You act for it'],
  [club, 'Open invitations'],
  [`${club}/roles`, 'Add or replace a role'],
  [`${club}/keys`, 'New key'],
  [`${club}/audit`, 'member.update'],
  [`${club}/settings`, 'Delete the organisation'],
  ['/invitations', 'no invitation in it'],
  ['/invitations#plinth_invitation_abc', 'Accept the invitation'],
  ['/orders', 'Changes are shown as they happen'],
  ['/account', 'Download'],
  ['/account/sessions', 'This one'],
  ['/admin', 'Show sessions'],
  ['/admin/organisations', 'Created'],
  ['/admin/audit', 'member.update'],
  ['/nowhere', 'No page has this address'],
];

it('a member is removed by the keyboard alone, and Escape leaves the question', async () => {
  const { page, complaints } = await opened(club, 'Show more');
  const reach = async (name: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(
        "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
      );
      if (focused === name) return;
    }
    throw new Error(`no ${name} was reached by Tab`);
  };
  await reach('Skip to the content');
  await page.keyboard.press('Enter');
  await reach('Show more');
  await page.keyboard.press('Enter');
  await page.getByText('bo@example.org').waitFor();
  await page.locator('h1').focus();
  await reach('Remove: bo@example.org');
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  expect(await page.evaluate("document.activeElement?.getAttribute('aria-label')")).toBe(
    'Remove: bo@example.org',
  );
  await page.keyboard.press('Enter');
  await reach('Remove');
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  expect(api.asked.filter((line) => line.startsWith('DELETE'))).toEqual([
    `DELETE /api/accounts/v1${club}/members/bo`,
  ]);
  expect(complaints).toEqual([]);
});

it('what was typed is sent again after the rights have changed', async () => {
  const { page, complaints } = await opened('/organisations', 'You act for it');
  await page.getByLabel('Name').fill('Choir');
  api.isStale = true;
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('link', { name: 'Choir' }).waitFor();
  expect(api.asked.filter((line) => line.startsWith('POST'))).toEqual([
    'POST /api/accounts/v1/organisations {"name":"Choir"}',
    'POST /.sign-in/revalidate',
    'POST /api/accounts/v1/organisations {"name":"Choir"}',
  ]);
  expect(complaints).toEqual([]);
});

it.each(['/organisations', club, `${club}/keys`, '/account/sessions'])(
  'what people wrote is text, whatever it contains: %s',
  async (path) => {
    const text = '<img src=x onerror="alert(1)">';
    const at = '2026-03-01T10:00:00.000Z';
    api.organisations = [{ ...api.club, name: text }];
    api.invitations = [
      { id: 'i1', email: text, roles: [text], invitedBy: text, createdAt: at, expiresAt: at },
    ];
    api.keys = [
      {
        ...{ id: 'k1', organisation: api.club.id, name: text, scopes: [text], prefix: text, createdBy: text },
        ...{ createdAt: at, expiresAt: at, lastUsedAt: null },
      },
    ];
    api.ownSessions = api.ownSessions.map((each) => ({ ...each, agent: text, address: text }));
    const { page, complaints } = await opened(path, text);
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  },
);

it('axe finds nothing wrong with the banner of somebody who acts as another person, at 320 px', async () => {
  api.actAs('bo', {
    ...{ id: '1f0e4c5a-0000-4000-8000-000000000001', administrator: 'ada', person: 'bo' },
    ...{ email: 'bo@example.org', reason: 'Ticket 4711', until: '2026-03-01T10:15:00.000Z' },
  });
  const { page, complaints } = await opened('/orders', 'You act as');
  expect(await wrongIn(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
  expect(complaints).toEqual([]);
});

it(`the first load is at most ${budget / 1_000} kB, compressed`, async () => {
  sentBytes = 0;
  const { page } = await opened('/organisations', 'You act for it');
  await page.waitForLoadState('networkidle');
  console.log(`the first load of apps/web has ${(sentBytes / 1_000).toFixed(1)} kB, compressed`);
  expect(sentBytes).toBeGreaterThan(20_000);
  expect(sentBytes).toBeLessThanOrEqual(budget);
});

/** What axe finds wrong with the page in both schemes of colours. */
async function wrongIn(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const each of await violations(page)) found.push(`${colorScheme}: ${each}`);
  }
  return found;
}

it.each(pages)(
  '%s: axe finds nothing wrong in light and dark, the policy stops nothing, and 320 px are enough',
  async (path, words) => {
    const { page, complaints } = await opened(path, words);
    expect(await wrongIn(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    expect(complaints).toEqual([]);
  },
);

it('axe finds nothing wrong with a question and with a form that was refused', async () => {
  const { page, complaints } = await opened(club, 'Open invitations');
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await page.getByText('Write an address').waitFor();
  expect(await wrongIn(page)).toEqual([]);
  await page.getByRole('button', { name: 'Leave: ada@example.org' }).click();
  await page.getByRole('alertdialog').waitFor();
  expect(await wrongIn(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
