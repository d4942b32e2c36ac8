import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Visitor } from '../sign-in/visitor.ts';
import { SignInStack } from './sign-in-stack.ts';
import { personOf, registerAt } from './sign-in-steps.ts';

/* Attacks on a sign-in: the proxy and its pages before Ory Kratos itself, and browsers without a script. */

const email = 'ada@example.org';
const password = 'correct horse battery staple 7';
const [accountsHost, shopHost] = ['accounts.test.localhost:8443', 'shop.test.localhost:8443'];

let stack: SignInStack;

beforeAll(async () => {
  stack = await SignInStack.start('attacking');
  await registerAt(stack, email, password);
}, 20 * 60_000);

afterAll(() => stack?.stop());

const visitor = () => new Visitor(stack.proxy.ports.visitors);

/** A browser with a cookie of an attacker at both hosts. */
function withCookies(kratos: string, app: string): Visitor {
  const browser = visitor();
  browser.cookies.set(accountsHost, new Map([['__Host-plinth_session', kratos]]));
  browser.cookies.set(shopHost, new Map([['__Host-session', app]]));
  return browser;
}

describe('session fixation', () => {
  it.each(['fixed', 'MTc2NzIyNTYwMHxmaXhlZA=='])(
    'a sign-in keeps no session that the browser brought, and makes none of it: %s',
    async (fixed) => {
      const victim = withCookies(fixed, fixed);
      const login = await victim.get(`${stack.shop}/`);
      expect(login.url.pathname).toBe('/login');
      personOf(await victim.send(login, 'password', { identifier: email, password }));
      expect(victim.cookies.get(accountsHost)?.get('__Host-plinth_session')).not.toBe(fixed);
      expect(victim.cookies.get(shopHost)?.get('__Host-session')).not.toBe(fixed);
      expect((await withCookies(fixed, fixed).ask(`${stack.shop}/api`)).status).toBe(401);
    },
  );

  it('nobody signs in at the page that another browser began', async () => {
    const page = await visitor().get(`${stack.shop}/`);
    const victim = visitor();
    const shown = await victim.get(page.url);
    expect([shown.status, shown.text.includes('<form')]).toEqual([403, false]);
    expect((await victim.send(page, 'password', { identifier: email, password })).status).toBe(403);
    expect(victim.cookies.get(accountsHost)?.has('__Host-plinth_session')).toBe(false);
  });

  it('the session of before a sign-out opens nothing after the next sign-in', async () => {
    const browser = visitor();
    const signIn = async () =>
      browser.send(await browser.get(`${stack.shop}/`), 'password', { identifier: email, password });
    personOf(await signIn());
    const value = browser.cookies.get(shopHost)?.get('__Host-session') ?? '';
    await browser.send(await browser.get(`${stack.accounts}/sign-out`), 'here');
    await expect
      .poll(async () => (await withCookies(value, value).ask(`${stack.shop}/api`)).status, { timeout: 3_000 })
      .toBe(401);
    personOf(await signIn());
    expect((await withCookies(value, value).ask(`${stack.shop}/api`)).status).toBe(401);
  });
});

describe('brute force', () => {
  it('of a mailed code ends after ten tries, and the right one opens nothing then', async () => {
    const [browser, seen] = [visitor(), stack.mail.to(email).length];
    const login = await browser.get(`${stack.shop}/`);
    let page = await browser.send(login, 'code', { identifier: email });
    const code = await stack.code(email, seen);
    const statuses = new Set<number>();
    for (let i = 0; i < 12; i++) {
      const wrong = `${(Number(code) + 1 + i) % 1_000_000}`.padStart(6, '0');
      const answer = await browser.send(page, 'code', { code: wrong });
      statuses.add(answer.status);
      if (answer.status === 200) page = answer;
    }
    expect([...statuses]).toEqual([200, 429]);
    expect((await browser.send(page, 'code', { code })).status).toBe(429);
    expect(browser.cookies.get(accountsHost)?.has('__Host-plinth_session')).toBe(false);
  }, 120_000);
});
