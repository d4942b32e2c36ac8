import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Visited, Visitor } from '../sign-in/visitor.ts';
import { asSuperuser } from './postgres.ts';
import { SignInStack } from './sign-in-stack.ts';
import { personOf, registerAt } from './sign-in-steps.ts';

/*
 * Sign-in and registration by the link of a mail: the proxy and its pages before Ory Kratos itself, and a browser without a script.
 */

const database = 'linking';
const accountsHost = 'accounts.test.localhost:8443';

let stack: SignInStack;
/** Address of a person with an account; each test has another one, because attempts of an account are limited. */
let email = '';

beforeAll(async () => {
  stack = await SignInStack.start(database);
}, 20 * 60_000);

beforeEach(async () => {
  email = `${randomUUID()}@example.org`;
  await registerAt(stack, email, 'correct horse battery staple 7');
});

afterAll(() => stack?.stop());

const visitor = () => new Visitor(stack.proxy.ports.visitors);

/** Another browser with the same cookies. */
function copyOf(browser: Visitor): Visitor {
  const copy = visitor();
  for (const [host, jar] of browser.cookies) copy.cookies.set(host, new Map(jar));
  return copy;
}

/** Opens the app and asks on the way for a mail; the link in it. */
async function linkFor(browser: Visitor, address = email, path = '/'): Promise<string> {
  const seen = stack.mail.to(address).length;
  const login = await browser.get(`${stack.shop}${path}`);
  const asked = await browser.send(login, 'code', { identifier: address });
  expect(asked.text).toContain('open the link in this browser');
  return stack.link(address, seen);
}

async function hasSession(browser: Visitor): Promise<boolean> {
  const isAtAccounts = browser.cookies.get(accountsHost)?.has('__Host-plinth_session') === true;
  return isAtAccounts || (await browser.ask(`${stack.shop}/api`)).status === 200;
}

const refused = ({ status, text }: Visited) => [status, text.includes('<form')];

describe('the link of a mail', () => {
  it('signs in with one more button, and leads to the page that was opened first', async () => {
    const browser = visitor();
    const page = await browser.get(await linkFor(browser, email, '/orders?page=2'));
    expect(page.text, page.text).toContain(`<strong>${email}</strong>`);
    expect(await hasSession(browser)).toBe(false);
    const arrived = await browser.send(page, 'code');
    expect(arrived.url.href, arrived.text).toBe(`${stack.shop}/orders?page=2`);
    expect(personOf(arrived)).toMatchObject({ aud: 'shop', acr: 'aal1' });
  });

  it('creates an account, and the mail has no text of whoever asked for it', async () => {
    const [browser, address] = [visitor(), 'new@example.org'];
    const login = await browser.get(`${stack.shop}/orders?page=3`);
    const to = /<a href="(\/registration[^"]*)"/.exec(login.text)?.[1] ?? '';
    const profile = await browser.get(new URL(to.replaceAll('&amp;', '&'), login.url));
    const name = 'Win https://evil.test <b>now</b>';
    const chosen = await browser.send(profile, 'profile', { 'traits.email': address, 'traits.name': name });
    await browser.send(chosen, 'code');
    const page = await browser.get(await stack.link(address));
    expect(stack.mail.to(address)[0]?.text).not.toMatch(/evil|now/);
    const arrived = await browser.send(page, 'code');
    expect(arrived.url.href, arrived.text).toBe(`${stack.shop}/orders?page=3`);
    const cookie = browser.cookies.get(accountsHost)?.get('__Host-plinth_session');
    expect(await stack.verified(`__Host-plinth_session=${cookie}`)).toEqual([address]);
  });

  it('is not used up by programs that open it, in whichever browser', async () => {
    const browser = visitor();
    const link = await linkFor(browser);
    for (const other of [visitor(), visitor(), copyOf(browser), browser]) await other.get(link);
    expect((await browser.send(await browser.get(link), 'code')).status).toBe(200);
    expect(await hasSession(browser)).toBe(true);
  });

  it('leads to no other site by a return_to of its own', async () => {
    const browser = visitor();
    const link = await linkFor(browser, email, '/orders');
    const page = await browser.get(`${link}&return_to=https://evil.test/&flow=1`);
    expect((await browser.send(page, 'code')).url.href).toBe(`${stack.shop}/orders`);
    expect(browser.way.join()).not.toMatch(/evil\.test.*evil\.test/);
  });
});

describe('no session comes from', () => {
  it('the link in another browser, also if that one waits for a mail to somebody else', async () => {
    const link = await linkFor(visitor());
    expect(refused(await visitor().get(link))).toEqual([403, false]);
    const victim = visitor();
    await registerAt(stack, 'victim@example.org', 'correct horse battery staple 8');
    await linkFor(victim, 'victim@example.org');
    const page = await victim.get(link);
    expect(page.text).toContain('<strong>victim@example.org</strong>');
    const answer = await victim.send(page, 'code');
    expect(answer.text).toContain('The code is wrong or was used before');
    expect(await hasSession(victim)).toBe(false);
  });

  it('a link that was used, or its form sent again with the cookies from before', async () => {
    const browser = visitor();
    const link = await linkFor(browser);
    const page = await browser.get(link);
    const [before, other] = [copyOf(browser), copyOf(browser)];
    await browser.send(page, 'code');
    expect(refused(await browser.get(link))).toEqual([403, false]);
    expect((await before.send(page, 'code')).url.host).toBe(accountsHost);
    expect(await hasSession(before)).toBe(false);
    expect(refused(await other.get(link))).toEqual([403, false]);
  });

  it('a link before the newest one', async () => {
    const browser = visitor();
    const [first, second] = [await linkFor(browser), await linkFor(browser)];
    const answer = await browser.send(await browser.get(first), 'code');
    expect(answer.text).toContain('The code is wrong or was used before');
    expect(await hasSession(browser)).toBe(false);
    await browser.send(await browser.get(second), 'code');
    expect(await hasSession(browser)).toBe(true);
  });

  it('a link whose code is too old', async () => {
    const browser = visitor();
    const link = await linkFor(browser);
    await asSuperuser(
      inject('postgres'),
      database,
      "update identity_login_codes set expires_at = now() at time zone 'utc' - interval '1 second'",
    );
    const answer = await browser.send(await browser.get(link), 'code');
    expect(answer.url.host, answer.text).toBe(accountsHost);
    expect(answer.text).toContain('class="says error"');
    expect(await hasSession(browser)).toBe(false);
  });

  it('a link whose page is too old', async () => {
    const browser = visitor();
    const link = await linkFor(browser);
    await asSuperuser(
      inject('postgres'),
      database,
      "update selfservice_login_flows set expires_at = now() at time zone 'utc' - interval '1 second'",
    );
    expect(refused(await browser.get(link))).toEqual([410, false]);
  });

  it.each(['000000', '"><script>alert(1)</script>'])('the forged code %s', async (code) => {
    const browser = visitor();
    const link = new URL(await linkFor(browser));
    link.searchParams.set('code', code);
    const page = await browser.get(link);
    expect(page.text).not.toContain('alert');
    if (page.status === 200) {
      const answer = await browser.send(page, 'code');
      expect(answer.text).toContain('The code is wrong or was used before');
    } else expect(refused(page)).toEqual([400, false]);
    expect(await hasSession(browser)).toBe(false);
  });

  it('the form of the link without its CSRF token, or with the one of another browser', async () => {
    const browser = visitor();
    const page = await browser.get(await linkFor(browser));
    const other = visitor();
    await other.get(`${stack.shop}/`);
    expect((await other.send(page, 'code')).status).toBe(403);
    expect((await browser.send(page, 'code', { csrf_token: 'x' })).status).toBe(400);
    expect([await hasSession(other), await hasSession(browser)]).toEqual([false, false]);
  });
});
