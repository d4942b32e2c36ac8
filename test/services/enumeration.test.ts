import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Visited, Visitor } from '../sign-in/visitor.ts';
import { SignInStack } from './sign-in-stack.ts';
import { registerAt } from './sign-in-steps.ts';

/* Whether an answer says that an address has an account, by its text or its time: the proxy and its pages before Ory Kratos itself. */

const known = 'ada@example.org';
const password = 'correct horse battery staple 7';
/** Answers of each kind: fewer than the attempts at one account. */
const times = 4;

let stack: SignInStack;

beforeAll(async () => {
  stack = await SignInStack.start('enumerating');
  await registerAt(stack, known, password);
}, 20 * 60_000);

afterAll(() => stack?.stop());

/** Without what differs between two forms of the same address. */
function textOf({ status, url, text }: Visited, address: string): string {
  const same = text
    .replaceAll(address, 'ADDRESS')
    .replaceAll(/flow=[\w-]+/g, 'flow=ID')
    .replaceAll(/(name="csrf_token" value=")[^"]*/g, '$1')
    .replaceAll(/(name="passkey_challenge" value=")[^"]*/g, '$1');
  return `${status} ${url.pathname}\n${same}`;
}

type Tried = { text: string; ms: number };

async function tryWith(page: string, button: string, fields: (address: string) => Record<string, string>) {
  const each = async (address: string): Promise<Tried> => {
    const browser = new Visitor(stack.proxy.ports.visitors);
    const form = await browser.get(`${stack.accounts}/${page}`);
    const begun = performance.now();
    const answer = await browser.send(form, button, fields(address));
    return { text: textOf(answer, address), ms: performance.now() - begun };
  };
  const tried: { of: Tried[]; ofNobody: Tried[] } = { of: [], ofNobody: [] };
  for (let i = 0; i < times; i++) {
    tried.of.push(await each(known));
    tried.ofNobody.push(await each(`nobody-${i}@example.org`));
  }
  return tried;
}

const fastest = (tried: Tried[]) => Math.min(...tried.map(({ ms }) => ms));

it.each<[string, string, string, (address: string) => Record<string, string>]>([
  ['a wrong password', 'login', 'password', (identifier) => ({ identifier, password: 'a wrong password 1' })],
  ['a recovery', 'recovery', 'code', (email) => ({ email })],
])(
  '%s gets the same answer in the same time with and without an account',
  async (_, page, button, fields) => {
    const { of, ofNobody } = await tryWith(page, button, fields);
    expect(new Set([...of, ...ofNobody].map(({ text }) => text)).size).toBe(1);
    expect(of[0]?.text).toContain('class="says');
    for (const tried of [of, ofNobody]) expect(fastest(tried)).toBeGreaterThanOrEqual(1_000);
    expect(Math.abs(fastest(of) - fastest(ofNobody))).toBeLessThan(150);
  },
  120_000,
);

it('a right password is answered without the wait', async () => {
  const email = 'grace@example.org';
  await registerAt(stack, email, password);
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const browser = new Visitor(stack.proxy.ports.visitors);
    const page = await browser.get(`${stack.accounts}/login`);
    const begun = performance.now();
    const fields = { identifier: email, password };
    expect((await browser.send(page, 'password', fields)).url.pathname).toBe('/settings');
    times.push(performance.now() - begun);
  }
  expect(Math.min(...times)).toBeLessThan(1_000);
}, 120_000);
