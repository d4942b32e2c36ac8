import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Visited, Visitor } from '../sign-in/visitor.ts';
import { oneTimeCode } from './one-time-code.ts';
import { SignInStack } from './sign-in-stack.ts';
import { personOf, registerAt } from './sign-in-steps.ts';

/*
 * The proxy and its pages before Ory Kratos itself, and a browser without a script. The gateway is left out.
 */

const password = 'correct horse battery staple 7';

let stack: SignInStack;

beforeAll(async () => {
  stack = await SignInStack.start('signing');
}, 20 * 60_000);

afterAll(() => stack?.stop());

const visitor = () => new Visitor(stack.proxy.ports.visitors);

const register = (email: string) => registerAt(stack, email, password);

/** Opens the app and signs in on the way. */
async function signIn(browser: Visitor, email: string, path = '/'): Promise<Visited> {
  const page = await browser.get(`${stack.shop}${path}`);
  expect(page.url.pathname, page.text).toBe('/login');
  return browser.send(page, 'password', { identifier: email, password });
}

describe('a person', () => {
  const email = 'ada@example.org';

  it('with a new account signs in and reaches the requested page', async () => {
    await register(email);
    const browser = visitor();
    const page = await signIn(browser, email, '/orders?page=2');
    expect(page.url.href).toBe(`${stack.shop}/orders?page=2`);
    expect(personOf(page)).toMatchObject({ iss: stack.accounts, aud: 'shop', acr: 'aal1' });
    expect([...(browser.cookies.get('shop.test.localhost:8443')?.keys() ?? [])]).toContain('__Host-session');
  });

  it('registers from the sign-in page and reaches the requested page', async () => {
    const [browser, address] = [visitor(), 'way@example.org'];
    const login = await browser.get(`${stack.shop}/orders?page=3`);
    const link = /<a href="(\/registration[^"]*)"/.exec(login.text)?.[1] ?? '';
    const profile = await browser.get(new URL(link.replaceAll('&amp;', '&'), login.url));
    const chosen = await browser.send(profile, 'profile', { 'traits.email': address });
    const sent = await browser.send(chosen, 'password', { password });
    const again = await browser.send(sent, 'code', { code: await stack.code(address) });
    expect(again.url.pathname, again.text).toBe('/login');
    const page = await browser.send(again, 'password', { identifier: address, password });
    expect(page.url.href).toBe(`${stack.shop}/orders?page=3`);
  });

  it('sees that the password is wrong beside the entered address, and does not reach the app', async () => {
    const browser = visitor();
    const page = await browser.get(`${stack.shop}/`);
    const again = await browser.send(page, 'password', { identifier: email, password: 'a wrong one 12345' });
    expect(again.text).toContain('The address or the password is wrong');
    expect(again.text).toContain(`value="${email}"`);
    expect((await browser.ask(`${stack.shop}/api`)).status).toBe(401);
  });

  it('stays signed in, without a further page', async () => {
    const browser = visitor();
    await signIn(browser, email);
    browser.way.length = 0;
    expect((await browser.get(`${stack.shop}/again`)).status).toBe(200);
    expect(browser.way).toEqual([`GET ${stack.shop}/again`]);
  });

  it('signs out, and two seconds later no request of that browser reaches the app', async () => {
    const browser = visitor();
    await signIn(browser, email);
    const page = await browser.get(`${stack.accounts}/sign-out`);
    expect((await browser.send(page, 'here')).url.pathname).toBe('/login');
    await sleep(2_000);
    expect((await browser.ask(`${stack.shop}/api`)).status).toBe(401);
  });

  it('lists the sessions and ends another one', async () => {
    const [mine, other] = [visitor(), visitor()];
    await signIn(mine, email);
    await signIn(other, email);
    const list = await mine.get(`${stack.accounts}/sessions`);
    expect(list.text).toContain('This browser');
    expect((await mine.send(list, 'others')).url.pathname).toBe('/sessions');
    await sleep(2_000);
    expect([
      (await other.ask(`${stack.shop}/api`)).status,
      (await mine.ask(`${stack.shop}/api`)).status,
    ]).toEqual([401, 200]);
  });

  it('lists the own sessions at the host of an app', async () => {
    const [mine, other] = [visitor(), visitor()];
    await signIn(mine, email);
    await signIn(other, email);
    const { status, text } = await mine.ask(`${stack.shop}/.sign-in/sessions`);
    expect(status, text).toBe(200);
    const { sessions }: { sessions: { isThis: boolean; signedInAt: string }[] } = JSON.parse(text);
    expect(sessions.length).toBeGreaterThan(1);
    expect(sessions.map(({ isThis }) => isThis)).toEqual([true, ...sessions.slice(1).map(() => false)]);
    for (const { signedInAt } of sessions) expect(Date.now() - Date.parse(signedInAt)).toBeLessThan(600_000);
  });

  it('recovers the account by a mailed code', async () => {
    const browser = visitor();
    const seen = stack.mail.to(email).length;
    const page = await browser.get(`${stack.accounts}/recovery`);
    const sent = await browser.send(page, 'code', { email });
    const code = await stack.code(email, seen);
    const settings = await browser.send(sent, 'code', { code });
    expect(settings.url.pathname, settings.text).toBe('/settings');
    const changed = await browser.send(settings, 'password', { password: `${password}!` });
    expect(changed.text).toContain('class="says success"');
    const next = visitor();
    const login = await next.get(`${stack.shop}/`);
    expect((await next.send(login, 'password', { identifier: email, password: `${password}!` })).status).toBe(
      200,
    );
  });
});

describe('a second factor', () => {
  const email = 'grace@example.org';

  it('is required once it is set up, and the app gets its level', async () => {
    await register(email);
    const browser = visitor();
    await signIn(browser, email);
    const settings = await browser.get(`${stack.accounts}/settings`);
    expect(settings.text).toContain('alt="QR code');
    const secret = /<code>([A-Z2-7]{32})<\/code>/.exec(settings.text)?.[1] ?? '';
    const added = await browser.send(settings, 'totp', { totp_code: oneTimeCode(secret) });
    expect(added.text).toContain('class="says success"');

    const next = visitor();
    const half = await signIn(next, email, '/orders');
    expect([half.url.pathname, half.text.includes('totp_code')], half.text).toEqual(['/login', true]);
    expect((await next.ask(`${stack.shop}/api`)).status).toBe(401);
    const page = await next.send(half, 'totp', { totp_code: oneTimeCode(secret) });
    expect(page.url.href).toBe(`${stack.shop}/orders`);
    expect(personOf(page)).toMatchObject({ acr: 'aal2' });
  });
});
