import type { Browser, Page } from 'playwright-core';
import { oneTimeCode } from '../../services/one-time-code.ts';
import { addAuthenticator } from '../../services/sign-in-chromium.ts';
import { mailedCode, register, signInBy } from './registration.ts';

/** Where the steps are done. */
interface Place {
  browser: Browser;
  cluster: string;
  /** Origins of an app that needs a sign-in, and of the pages of accounts. */
  app: string;
  accounts: string;
}

const password = 'a long sentence nobody guesses 43';

/** Signs in by a passkey that was added in the settings. The browser must trust the certificate: otherwise it offers no passkeys. */
export async function signsInByPasskey(place: Place): Promise<void> {
  const page = await newPerson(place, 'joan@example.org');
  const context = page.context();
  await page.goto(`${place.accounts}/settings`);
  await addAuthenticator(context, page);
  await page.click('button[data-trigger="oryPasskeySettingsRegistration"]');
  await saved(page);
  await context.clearCookies();
  // The page offers passkeys to the browser while it loads, and this authenticator takes the offer.
  await page.goto(`${place.app}/by-passkey`);
  await page.waitForURL(`${place.app}/by-passkey`);
  await context.close();
}

/** Signs in with the code of an authenticator app, then with a recovery code. */
export async function signsInBySecondFactor(place: Place): Promise<void> {
  const address = 'grace@example.org';
  const page = await newPerson(place, address);
  await page.goto(`${place.accounts}/settings`);
  const texts = await page.locator('code').allTextContents();
  const secret = texts.find((text) => /^[A-Z2-7]{32}$/.test(text)) ?? '';
  await page.fill('[name="totp_code"]', oneTimeCode(secret));
  await press(page, 'method', 'totp');
  await saved(page);
  await page.click('button[name="lookup_secret_regenerate"]');
  await page.waitForSelector('.secrets');
  const [code = ''] = await page.locator('.secrets code').allTextContents();
  await page.click('button[name="lookup_secret_confirm"]');
  await saved(page);
  await page.context().close();
  for (const [method, name, given] of [
    ['totp', 'totp_code', () => oneTimeCode(secret)],
    ['lookup_secret', 'lookup_secret', () => code],
  ] as const) {
    const context = await place.browser.newContext();
    const next = await context.newPage();
    await next.goto(`${place.app}/by-${method}`);
    await signInBy(next, address, password);
    await next.fill(`[name="${name}"]`, given());
    await press(next, 'method', method);
    await next.waitForURL(`${place.app}/by-${method}`);
    await context.close();
  }
}

/** Recovers an account by the code of a mail, and signs in with its new password. */
export async function recovers(place: Place): Promise<void> {
  const address = 'rosalind@example.org';
  await (await newPerson(place, address)).context().close();
  const context = await place.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${place.accounts}/recovery`);
  await page.fill('[name="email"]', address);
  await press(page, 'method', 'code');
  await page.fill('[name="code"]', await mailedCode(place.cluster, address, 1));
  await press(page, 'method', 'code');
  await page.waitForURL('**/settings?**');
  await page.fill('[name="password"]', `${password}!`);
  await press(page, 'method', 'password');
  await saved(page);
  await context.clearCookies();
  await page.goto(`${place.app}/recovered`);
  await signInBy(page, address, `${password}!`);
  await page.waitForURL(`${place.app}/recovered`);
  await context.close();
}

/** The page of somebody who made an account and has reached the app with it. */
async function newPerson({ browser, cluster, app, accounts }: Place, address: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(app);
  await register(page, address, password);
  await page.locator('input[name="code"]').fill(await mailedCode(cluster, address, 0));
  await press(page, 'method', 'code');
  await page.waitForURL((url) => url.pathname !== '/verification');
  if (new URL(page.url()).origin === accounts) await signInBy(page, address, password);
  await page.waitForURL(`${app}/**`);
  return page;
}

/** Presses the button of a form of Kratos. */
function press(page: Page, name: string, value: string): Promise<void> {
  return page.click(`button[name="${name}"][value="${value}"]`);
}

const saved = (page: Page) => page.waitForSelector('.says.success');
