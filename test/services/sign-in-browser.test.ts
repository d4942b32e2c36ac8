import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { violations } from '../browser/violations.ts';
import { addAuthenticator, opened, SignInChromium } from './sign-in-chromium.ts';
import type { SignInStack } from './sign-in-stack.ts';
import { registerAt } from './sign-in-steps.ts';

/*
 * The pages in Chromium, before Ory Kratos itself.
 */

let chromium: SignInChromium;
let stack: SignInStack;

beforeAll(async () => {
  chromium = await SignInChromium.start('browsing');
  ({ stack } = chromium);
}, 20 * 60_000);

afterAll(() => chromium?.stop());

afterEach(() => chromium.closePages());

const pages = ['login', 'registration', 'recovery', 'verification', 'sign-out'];

describe.each(['light', 'dark'] as const)('the sign-in pages, %s', (colorScheme) => {
  test.each(pages)(
    '%s: axe finds nothing wrong, nothing is stopped by the policy, and 320 px are enough',
    async (path) => {
      const viewport = { width: 320, height: 640 };
      const { page, complaints } = await opened(await chromium.browser.newContext({ colorScheme, viewport }));
      await page.goto(`${stack.accounts}/${path}`);
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
      expect(complaints).toEqual([]);
    },
  );
});

test('a passkey from the registration is sufficient to sign in', async () => {
  const context = await chromium.browser.newContext();
  const { page, complaints } = await opened(context);
  await addAuthenticator(context, page);
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

test.each(['registration', 'sign-in'])(
  'the token of an invitation, after #, is there after a %s, and no server was told of it',
  async (way) => {
    const invited = '/invitations#plinth_invitation_abc-123';
    const [email, password] = [`invited-${way}@example.org`, 'correct horse battery staple 7'];
    if (way === 'sign-in') await registerAt(stack, email, password);
    const { page, complaints } = await opened(await chromium.browser.newContext());
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.url()} ${request.postData() ?? ''}`));
    await page.goto(`${stack.shop}${invited}`);
    if (way === 'registration') {
      await page.getByRole('link', { name: 'Create an account' }).click();
      await page.fill('[name="traits.email"]', email);
      await page.click('button[value="profile"]');
      await page.fill('[name="password"]', password);
      await page.click('button[value="password"]');
      await page.fill('[name="code"]', await stack.code(email));
      await page.click('button[name="method"][value="code"]');
      await page.waitForURL((url) => url.pathname !== '/verification');
    }
    if (new URL(page.url()).origin !== stack.shop) {
      await page.fill('[name="identifier"]', email);
      await page.fill('[name="password"]', password);
      await page.click('button[value="password"]');
    }
    await page.waitForURL(`${stack.shop}${invited}`);
    expect(asked.map((line) => line.replace(/#\S*/, '')).join()).not.toContain('plinth_invitation');
    expect(complaints).toEqual([]);
  },
  60_000,
);

test('a browser without JavaScript is redirected to the sign-in page and sees no passkey button', async () => {
  const { page } = await opened(await chromium.browser.newContext({ javaScriptEnabled: false }));
  await page.goto(`${stack.shop}/`);
  expect(new URL(page.url()).pathname).toBe('/login');
  const passkeys = page.locator('button[data-trigger]');
  expect([await passkeys.count(), await passkeys.first().isVisible()]).toEqual([1, false]);
});
