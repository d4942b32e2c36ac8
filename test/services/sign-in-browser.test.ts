import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openChromium } from '../browser/chromium.ts';
import { violations } from '../browser/violations.ts';
import { SignInStack } from './sign-in-stack.ts';

/*
 * The pages in Chromium, before Ory Kratos itself. In the place of the gateway a server ends TLS and passes requests on.
 */

let stack: SignInStack;
let gateway: Server;
let browser: Browser;

beforeAll(async () => {
  stack = await SignInStack.start('browsing');
  const pair = await stack.authority.issue({ commonName: 'gateway', dnsNames: ['*.test.localhost'] });
  gateway = createServer(pair, (message, response) => {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port: stack.proxy.ports.visitors, method: message.method, path: message.url },
        headers: { ...message.headers, 'x-forwarded-proto': 'https' },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    asked.on('error', () => response.destroy());
    message.pipe(asked);
  });
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const { port } = gateway.address() as AddressInfo;
  const key = new X509Certificate(pair.cert).publicKey.export({ type: 'spki', format: 'der' });
  const trusted = createHash('sha256').update(key).digest('base64');
  browser = await openChromium(trusted, { '*.test.localhost:8443': port });
}, 20 * 60_000);

afterAll(async () => {
  await browser?.close();
  gateway?.closeAllConnections();
  gateway?.close();
  await stack?.stop();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

/** A page, and all that its browser complains about: what its policy stopped, and errors of scripts. */
async function opened(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  return { page, complaints };
}

const pages = ['login', 'registration', 'recovery', 'verification', 'sign-out'];

describe.each(['light', 'dark'] as const)('the sign-in pages, %s', (colorScheme) => {
  test.each(pages)(
    '%s: axe finds nothing wrong, nothing is stopped by the policy, and 320 px are enough',
    async (path) => {
      const viewport = { width: 320, height: 640 };
      const { page, complaints } = await opened(await browser.newContext({ colorScheme, viewport }));
      await page.goto(`${stack.accounts}/${path}`);
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
      expect(complaints).toEqual([]);
    },
  );
});

test('a passkey from the registration is sufficient to sign in', async () => {
  const context = await browser.newContext();
  const { page, complaints } = await opened(context);
  const session = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const email = 'joan@example.org';
  await page.goto(`${stack.accounts}/registration`);
  await page.fill('[name="traits.email"]', email);
  await page.fill('[name="traits.name"]', 'Joan');
  await page.click('button[value="profile"]');
  await page.click('button[data-trigger="oryPasskeyRegistration"]');
  await page.waitForURL('**/verification?**');
  await page.fill('[name="code"]', await stack.code(email));
  await page.click('button[name="method"][value="code"]');
  await page.waitForSelector('.says.success');

  await page.goto(`${stack.shop}/orders`);
  // The page offers passkeys to the browser while it loads, and this authenticator takes the offer.
  await page.waitForURL(`${stack.shop}/orders`);
  expect(await page.textContent('body')).toContain('x-plinth-person');
  expect(complaints).toEqual([]);
  const cookies = await context.cookies(stack.shop);
  expect(
    cookies.map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite })),
  ).toContainEqual({
    name: '__Host-session',
    ...{ httpOnly: true, secure: true, sameSite: 'Lax' },
  });
});

test('a browser without JavaScript is redirected to the sign-in page and sees no passkey button', async () => {
  const { page } = await opened(await browser.newContext({ javaScriptEnabled: false }));
  await page.goto(`${stack.shop}/`);
  expect(new URL(page.url()).pathname).toBe('/login');
  const passkeys = page.locator('button[data-trigger]');
  expect([await passkeys.count(), await passkeys.first().isVisible()]).toEqual([1, false]);
});
