import { afterAll, beforeAll, expect, it } from 'vitest';
import { Visitor } from '../sign-in/visitor.ts';
import { SignInStack } from './sign-in-stack.ts';
import { personOf } from './sign-in-steps.ts';

/* `recovery: link`: mails that verify an address or recover an account have a link of Ory Kratos in the place of a code. */

const email = 'ada@example.org';
const password = 'correct horse battery staple 7';

let stack: SignInStack;

beforeAll(async () => {
  stack = await SignInStack.start('recovering', undefined, { recovery: 'link' });
}, 20 * 60_000);

afterAll(() => stack?.stop());

const visitor = () => new Visitor(stack.proxy.ports.visitors);

it('an address is verified by the link of the registration, after which the password signs in', async () => {
  const browser = visitor();
  const profile = await browser.get(`${stack.accounts}/registration`);
  const chosen = await browser.send(profile, 'profile', { 'traits.email': email, 'traits.name': 'Ada' });
  const sent = await browser.send(chosen, 'password', { password });
  expect(sent.url.pathname, sent.text).toBe('/verification');
  const fields = { identifier: email, password };
  const refused = visitor();
  const again = await refused.send(await refused.get(`${stack.shop}/`), 'password', fields);
  expect(again.url.host).not.toBe(new URL(stack.shop).host);
  await browser.get(await stack.kratosLink(email));
  const next = visitor();
  personOf(await next.send(await next.get(`${stack.shop}/`), 'password', fields));
});

it('an account is recovered by a link, once', async () => {
  const [browser, seen] = [visitor(), stack.mail.to(email).length];
  const page = await browser.get(`${stack.accounts}/recovery`);
  await browser.send(page, 'link', { email });
  const link = await stack.kratosLink(email, seen);
  const settings = await browser.get(link);
  expect(settings.url.pathname, settings.text).toBe('/settings');
  const other = visitor();
  const replayed = await other.get(link);
  expect(replayed.url.pathname, replayed.text).toBe('/recovery');
  expect(replayed.text).toContain('The link is wrong or was used before');
  expect(other.cookies.get('accounts.test.localhost:8443')?.has('__Host-plinth_session')).toBe(false);
});
