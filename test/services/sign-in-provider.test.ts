import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Visited, Visitor } from '../sign-in/visitor.ts';
import { TestAuthority } from './authority.ts';
import { IdentityProvider } from './identity-provider.ts';
import { SignInStack } from './sign-in-stack.ts';
import { personOf, registerAt } from './sign-in-steps.ts';

/*
 * People sign in by a provider of OpenID Connect, which is on this machine: the proxy and its pages before Ory Kratos itself, and a
 * browser without a script.
 */

const password = 'correct horse battery staple 7';
const accountsHost = 'accounts.test.localhost:8443';

let provider: IdentityProvider;
let stack: SignInStack;

beforeAll(async () => {
  provider = await IdentityProvider.start(await TestAuthority.make('provider'));
  stack = await SignInStack.start('providers', provider);
}, 20 * 60_000);

afterAll(async () => {
  await stack?.stop();
  provider?.stop();
});

const visitor = () => new Visitor(stack.proxy.ports.visitors, provider);

/** Opens the app and signs in by the provider on the way, as a person of the provider. */
async function byProvider(browser: Visitor, subject: string, path = '/'): Promise<Visited> {
  provider.signsIn = subject;
  const page = await browser.get(`${stack.shop}${path}`);
  expect(page.url.pathname, page.text).toBe('/login');
  return browser.send(page, 'house');
}

/** Cookie of Kratos' session in this browser, `NAME=VALUE`; undefined without one. */
function sessionOf(browser: Visitor): string | undefined {
  const value = browser.cookies.get(accountsHost)?.get('__Host-plinth_session');
  return value === undefined ? undefined : `__Host-plinth_session=${value}`;
}

describe('a person of a provider', () => {
  it('gets an account with the verified address of the provider, and reaches the requested page', async () => {
    provider.people.set('ada-there', { email: 'ada@example.org', email_verified: true, name: 'Ada' });
    const browser = visitor();
    const page = await byProvider(browser, 'ada-there', '/orders?page=2');
    expect(page.url.href, page.text).toBe(`${stack.shop}/orders?page=2`);
    expect(personOf(page)).toMatchObject({ aud: 'shop', acr: 'aal1' });
    expect(await stack.verified(sessionOf(browser) ?? '')).toEqual(['ada@example.org']);
    expect(browser.way.some((each) => each.startsWith(`GET ${provider.issuer}/auth?`))).toBe(true);
  });

  it('is the same person at the next sign-in, in another browser', async () => {
    const first = personOf(await byProvider(visitor(), 'ada-there'));
    const second = personOf(await byProvider(visitor(), 'ada-there'));
    expect(second.sub).toBe(first.sub);
    expect(second.sid).not.toBe(first.sid);
  });

  it('is another person than one with another subject', async () => {
    provider.people.set('bo-there', { email: 'bo@example.org', email_verified: true, name: 'Bo' });
    const ada = personOf(await byProvider(visitor(), 'ada-there'));
    expect(personOf(await byProvider(visitor(), 'bo-there')).sub).not.toBe(ada.sub);
  });
});

describe('an address that has an account already', () => {
  const email = 'grace@example.org';

  beforeAll(async () => {
    await registerAt(stack, email, password);
    provider.people.set('grace-there', { email, email_verified: true, name: 'Grace' });
  });

  it('is linked to the provider after a sign-in to the account, and not before', async () => {
    const browser = visitor();
    const asked = await byProvider(browser, 'grace-there');
    expect(asked.url.pathname, asked.text).toBe('/login');
    expect(sessionOf(browser)).toBeUndefined();
    expect((await browser.ask(`${stack.shop}/api`)).status).toBe(401);
    const identifier = asked.text.includes('name="identifier"') ? { identifier: email } : {};
    const linked = personOf(await browser.send(asked, 'password', { ...identifier, password }));
    expect(personOf(await byProvider(visitor(), 'grace-there')).sub).toBe(linked.sub);
  });
});

describe('a provider that did not verify the address', () => {
  const stolen = 'victim@example.org';

  it('makes no account and no session, and the person is told', async () => {
    provider.people.set('mallory', { email: 'mallory@example.org', email_verified: false, name: 'Mallory' });
    const browser = visitor();
    const page = await byProvider(browser, 'mallory');
    expect(page.url.host, page.text).toBe(accountsHost);
    expect(page.text).toMatch(/class="says error"|role="alert"/);
    expect(sessionOf(browser)).toBeUndefined();
    expect((await browser.ask(`${stack.shop}/api`)).status).toBe(401);
  });

  it('does not take over the account of that address', async () => {
    await registerAt(stack, stolen, password);
    provider.people.set('mallory', { email: stolen, email_verified: false, name: 'Mallory' });
    const browser = visitor();
    await byProvider(browser, 'mallory');
    expect(sessionOf(browser)).toBeUndefined();
    const login = await visitor().get(`${stack.shop}/`);
    expect(login.text).not.toContain(stolen);
  });
});
