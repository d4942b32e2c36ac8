import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { violations } from '../browser/violations.ts';
import { TestAuthority } from './authority.ts';
import { IdentityProvider } from './identity-provider.ts';
import { oneTimeCode } from './one-time-code.ts';
import { asSuperuser } from './postgres.ts';
import { addAuthenticator, opened, SignInChromium } from './sign-in-chromium.ts';
import { registerAt } from './sign-in-steps.ts';

/*
 * What people do with their accounts in Chromium, before Ory Kratos itself and a provider of OpenID Connect on this machine: settings,
 * second factors, providers, the link of a mail and recovery.
 */

const database = 'settling';
const password = 'correct horse battery staple 7';

let provider: IdentityProvider;
let chromium: SignInChromium;
/** What the browser complained about, by page. */
let complaints: string[][] = [];

beforeAll(async () => {
  provider = await IdentityProvider.start(await TestAuthority.make('provider'));
  chromium = await SignInChromium.start(database, provider);
}, 20 * 60_000);

afterAll(async () => {
  await chromium?.stop();
  provider?.stop();
});

afterEach(async () => {
  await chromium.closePages();
  const found = complaints.flat();
  complaints = [];
  expect(found).toEqual([]);
});

async function newPage(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await chromium.browser.newContext({ viewport: { width: 320, height: 640 } });
  const { page, complaints: ofPage } = await opened(context);
  complaints.push(ofPage);
  return { context, page };
}

/** Presses the button of a form of Kratos. */
function press(page: Page, name: string, value: string): Promise<void> {
  return page.click(`button[name="${name}"][value="${value}"]`);
}

/** Axe finds nothing wrong with the page, light and dark, and it is not wider than the window. */
async function isAccessible(page: Page, leastRules?: number): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await violations(page, leastRules)).toEqual([]);
  }
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
}

/** Opens the app and signs in by password on the way. */
async function signIn(page: Page, email: string, given = password): Promise<void> {
  await page.goto(`${chromium.stack.shop}/orders`);
  await page.waitForURL('**/login?**');
  await page.fill('[name="identifier"]', email);
  await page.fill('[name="password"]', given);
  await press(page, 'method', 'password');
}

const arrived = (page: Page) => page.waitForURL(`${chromium.stack.shop}/orders`);

/** Opens the settings, and signs in on the way. */
async function settingsOf(page: Page, email: string): Promise<void> {
  await signIn(page, email);
  await arrived(page);
  await page.goto(`${chromium.stack.accounts}/settings`);
  await page.waitForURL('**/settings?**');
}

const saved = (page: Page) => page.waitForSelector('.says.success');

test('name and password are changed in the settings, and the new password counts', async () => {
  const email = 'ada@example.org';
  await registerAt(chromium.stack, email, password);
  const { page } = await newPage();
  await settingsOf(page, email);
  await isAccessible(page);
  await page.fill('[name="traits.name"]', 'Countess of Lovelace');
  await press(page, 'method', 'profile');
  await saved(page);
  expect(await page.inputValue('[name="traits.name"]')).toBe('Countess of Lovelace');
  await page.fill('[name="password"]', 'short');
  await press(page, 'method', 'password');
  await page.waitForSelector('[name="password"][aria-invalid="true"]');
  await isAccessible(page);
  await page.fill('[name="password"]', `${password}!`);
  await press(page, 'method', 'password');
  await saved(page);

  const { page: next } = await newPage();
  await signIn(next, email);
  await next.waitForSelector('.says.error');
  await isAccessible(next);
  await signIn(next, email, `${password}!`);
  await arrived(next);
});

test('a change of the password long after the sign-in asks for the password again', async () => {
  const email = 'emmy@example.org';
  await registerAt(chromium.stack, email, password);
  const { page } = await newPage();
  await settingsOf(page, email);
  await asSuperuser(
    inject('postgres'),
    database,
    "update sessions set authenticated_at = authenticated_at - interval '1 hour'",
  );
  await page.fill('[name="password"]', `${password}?`);
  await press(page, 'method', 'password');
  await page.waitForURL('**/login?**');
  await isAccessible(page);
  await page.fill('[name="identifier"]', email);
  await page.fill('[name="password"]', password);
  await press(page, 'method', 'password');
  await page.waitForURL('**/settings?**');

  const { page: next } = await newPage();
  await signIn(next, email, `${password}?`);
  await arrived(next);
});

test('an authenticator app and recovery codes are second factors, and each recovery code is valid once', async () => {
  const email = 'grace@example.org';
  await registerAt(chromium.stack, email, password);
  const { page } = await newPage();
  await settingsOf(page, email);
  const secret = (await page.locator('code').allTextContents()).find((text) => /^[A-Z2-7]{32}$/.test(text));
  await page.fill('[name="totp_code"]', oneTimeCode(secret ?? ''));
  await press(page, 'method', 'totp');
  await saved(page);
  await page.click('button[name="lookup_secret_regenerate"]');
  await page.waitForSelector('.secrets');
  await isAccessible(page);
  const codes = await page.locator('.secrets code').allTextContents();
  expect(new Set(codes).size).toBeGreaterThan(9);
  await page.click('button[name="lookup_secret_confirm"]');
  await saved(page);
  await isAccessible(page);

  const { page: second } = await newPage();
  await signIn(second, email);
  await second.waitForSelector('[name="totp_code"]');
  await isAccessible(second);
  await second.fill('[name="totp_code"]', oneTimeCode(secret ?? ''));
  await press(second, 'method', 'totp');
  await arrived(second);

  for (const isNew of [true, false]) {
    const { page: third } = await newPage();
    await signIn(third, email);
    await third.fill('[name="lookup_secret"]', codes[0] ?? '');
    await press(third, 'method', 'lookup_secret');
    if (isNew) await arrived(third);
    else expect(await third.textContent('.says.error')).toContain('This recovery code was used before');
  }
});

test('a passkey that is added in the settings is sufficient to sign in', async () => {
  const email = 'joan@example.org';
  await registerAt(chromium.stack, email, password);
  const { context, page } = await newPage();
  await settingsOf(page, email);
  await addAuthenticator(context, page);
  await page.click('button[data-trigger="oryPasskeySettingsRegistration"]');
  await saved(page);
  await isAccessible(page);
  await context.clearCookies();
  // The page offers passkeys to the browser while it loads, and this authenticator takes the offer.
  await page.goto(`${chromium.stack.shop}/orders`);
  await arrived(page);
});

test('a person of a provider reaches the app, and has no password', async () => {
  provider.people.set('bo-there', { email: 'bo@example.org', email_verified: true, name: 'Bo' });
  provider.signsIn = 'bo-there';
  const { page } = await newPage();
  await page.goto(`${chromium.stack.shop}/orders`);
  await press(page, 'provider', 'house');
  await arrived(page);
  expect(await page.textContent('body')).toContain('x-plinth-person');
});

test('a provider is linked in the settings, signs the same person in, and is unlinked again', async () => {
  const email = 'mary@example.org';
  await registerAt(chromium.stack, email, password);
  provider.people.set('mary-there', { email: 'other@example.org', email_verified: true, name: 'Mary' });
  provider.signsIn = 'mary-there';
  const { page } = await newPage();
  await settingsOf(page, email);
  await press(page, 'link', 'house');
  await page.waitForSelector('button[name="unlink"][value="house"]');
  await isAccessible(page);

  const { page: next } = await newPage();
  await next.goto(`${chromium.stack.shop}/orders`);
  await press(next, 'provider', 'house');
  await arrived(next);
  await next.goto(`${chromium.stack.accounts}/settings`);
  expect(await next.inputValue('[name="traits.email"]')).toBe(email);
  await press(next, 'unlink', 'house');
  await next.waitForSelector('button[name="link"][value="house"]');
});

test('the link of a mail signs in by one more button', async () => {
  const email = 'lise@example.org';
  await registerAt(chromium.stack, email, password);
  const seen = chromium.stack.mail.to(email).length;
  const { page } = await newPage();
  await page.goto(`${chromium.stack.shop}/orders`);
  await page.fill('[name="identifier"]', email);
  await press(page, 'method', 'code');
  await page.waitForSelector('[name="code"]');
  await isAccessible(page);
  const link = await chromium.stack.link(email, seen);
  await page.goto(link);
  // A short page: fewer rules have something to look at.
  await isAccessible(page, 15);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await arrived(page);

  const { page: other } = await newPage();
  await other.goto(link);
  await isAccessible(other, 15);
  expect(await other.textContent('h1')).toBe('This link does not work here');
});

test('an account is recovered by the code of a mail', async () => {
  const email = 'rosalind@example.org';
  await registerAt(chromium.stack, email, password);
  const seen = chromium.stack.mail.to(email).length;
  const { page } = await newPage();
  await page.goto(`${chromium.stack.accounts}/recovery`);
  await page.fill('[name="email"]', email);
  await press(page, 'method', 'code');
  await page.waitForSelector('[name="code"]');
  await isAccessible(page);
  await page.fill('[name="code"]', await chromium.stack.code(email, seen));
  await press(page, 'method', 'code');
  await page.waitForURL('**/settings?**');
  await page.fill('[name="password"]', `${password}!`);
  await press(page, 'method', 'password');
  await saved(page);
});
