import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    .replaceAll(/flow=[\w-]{36}/g, 'flow=ID')
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
  const account = `${randomUUID()}@example.org`;
  await registerAt(stack, account, password);
  const tried: { of: Tried[]; ofNobody: Tried[] } = { of: [], ofNobody: [] };
  for (let i = 0; i < times; i++) {
    tried.of.push(await each(account));
    tried.ofNobody.push(await each(`nobody-${i}@example.org`));
  }
  return tried;
}

const fastest = (tried: Tried[]) => Math.min(...tried.map(({ ms }) => ms));

it.each<[string, string, string, (address: string) => Record<string, string>]>([
  ['a wrong password', 'login', 'password', (identifier) => ({ identifier, password: 'a wrong password 1' })],
  ['a recovery', 'recovery', 'code', (email) => ({ email })],
  ['a verification', 'verification', 'code', (email) => ({ email })],
  ['a code for a sign-in', 'login', 'code', (identifier) => ({ identifier })],
])(
  '%s gets the same answer, and not before its time, with and without an account',
  async (_, page, button, fields) => {
    const { of, ofNobody } = await tryWith(page, button, fields);
    expect(new Set([...of, ...ofNobody].map(({ text }) => text)).size).toBe(1);
    expect(of[0]?.text).toContain('class="says');
    // A slow machine takes longer, and no answer less: what Kratos does in that second does not show.
    for (const tried of [of, ofNobody]) expect(fastest(tried)).toBeGreaterThanOrEqual(1_000);
  },
  120_000,
);

/** What a browser saw on its way: each address and each cookie, and headers and bytes of the last page, without ids and tokens. */
function seenBy(browser: Visitor, visited: Visited, address: string): string {
  const { date: _, 'set-cookie': set = [], ...headers } = visited.headers;
  const jars = [...browser.cookies].map(([host, jar]) => `${host}: ${[...jar.keys()].sort()}`);
  const all = [...browser.way, ...jars, ...set, JSON.stringify(headers), textOf(visited, address)];
  return all
    .join('\n')
    .replaceAll(/\b(flow|id)=[\w-]{36}/g, '$1=ID')
    .replaceAll(/mailed-code=(\w+)\.[\w-]{36}/g, 'mailed-code=$1.ID')
    .replaceAll(/csrf_token_\w+(=[^;]*)?/g, 'csrf_token');
}

/** Lines that stand in one page alone. */
function differences(somebody: string, nobody: string): string[] {
  const [of, ofNobody] = [somebody.split('\n'), nobody.split('\n')];
  if (somebody === nobody) return [];
  const only = (lines: string[], others: string[]) => lines.filter((line) => !others.includes(line));
  return [
    `only with an account: ${only(of, ofNobody).join('\n') || 'nothing, but the order differs'}`,
    `only without an account: ${only(ofNobody, of).join('\n') || 'nothing, but the order differs'}`,
  ];
}

type Step = (browser: Visitor, page: Visited) => Promise<Visited>;
type Compared = [name: string, steps: Step[]];

/** Carries out the same steps for an address with an account and for one without, and compares each page. */
async function compare(begin: (browser: Visitor, address: string) => Promise<Visited>, steps: Step[]) {
  const [ofSomebody, ofNobody] = [randomUUID(), randomUUID()].map((id) => `${id}@example.org`);
  if (ofSomebody === undefined || ofNobody === undefined) throw new Error('no address');
  await registerAt(stack, ofSomebody, password);
  const mails = stack.mail.to(ofSomebody).length;
  const pages: { seen: string[]; times: number[] }[] = [];
  for (const address of [ofSomebody, ofNobody]) {
    const browser = new Visitor(stack.proxy.ports.visitors);
    const [seen, times]: [string[], number[]] = [[], []];
    const note = async (step: Promise<Visited>) => {
      const begun = performance.now();
      const visited = await step;
      times.push(performance.now() - begun);
      seen.push(seenBy(browser, visited, address));
      return visited;
    };
    let page = await note(begin(browser, address));
    for (const step of steps) page = await note(step(browser, page));
    pages.push({ seen, times });
  }
  const [somebody, nobody] = pages.map(({ seen }) => seen);
  const differing = (somebody ?? []).flatMap((page, i) => differences(page, nobody?.[i] ?? ''));
  expect(differing).toEqual([]);
  expect(nobody).toHaveLength(steps.length + 1);
  return { mailed: stack.mail.to(ofSomebody).length - mails, ofNobody, pages };
}

const askForCode = async (browser: Visitor, identifier: string) =>
  browser.send(await browser.get(`${stack.accounts}/login`), 'code', { identifier });

const wrong: Step = (browser, page) => browser.send(page, 'code', { code: '000000' });
const another: Step = (browser, page) => browser.send(page, 'another');
const link: Step = (browser) => browser.get(`${stack.accounts}/link?code=000000`);
const byPassword: Step = (browser, { text, ...page }) =>
  browser.send({ ...page, text: text.replaceAll('"code"', '"password"') }, 'password', { password });
const again: Step = (browser, { url }) => browser.get(url);
const withoutSaid: Step = (browser, { url }) => browser.get(url.href.replace(/&code=\w+/, ''));

describe('a sign-in by code says nothing of an account', () => {
  it.each<Compared>([
    ['no code', [(browser, page) => browser.send(page, 'code', { code: '' }), again]],
    ['another mail, and a wrong code then', [another, wrong, another]],
    ['the link of the mail, and its button', [link, wrong, link]],
    [
      'a password in the form of the code, and a look at the old page',
      [
        byPassword,
        (browser) => browser.get(browser.way.find((each) => /\/login\?flow=/.test(each))?.slice(4) ?? ''),
      ],
    ],
    ['the page without what was said', [wrong, withoutSaid]],
    [
      'a form for somebody else, and the code for him',
      [(browser, page) => browser.send(page, 'code', { identifier: known, code: '000000' }), again],
    ],
    [
      'a mail to somebody else',
      [(browser, page) => browser.send(page, 'another', { identifier: known }), again],
    ],
    [
      'a form of another page',
      [(browser, page) => browser.send(page, 'code', { csrf_token: 'x', code: '000000' })],
    ],
    [
      'the flow as JSON',
      [
        (browser, { url }) =>
          browser.get(`${stack.accounts}/self-service/login/flows?id=${url.searchParams.get('flow')}`),
      ],
    ],
    [
      'a form in the address',
      [
        (browser, { url }) =>
          browser.get(
            `${stack.accounts}/self-service/login?flow=${url.searchParams.get('flow')}&method=code`,
          ),
        again,
      ],
    ],
  ])(
    '%s',
    async (_, steps) => {
      const { mailed, ofNobody = '' } = await compare(askForCode, steps);
      expect(mailed).toBeGreaterThan(0);
      expect(stack.mail.to(ofNobody)).toEqual([]);
    },
    120_000,
  );
});

it('a sign-in by code is not answered before its time, with and without an account', async () => {
  const steps = [wrong, wrong, wrong, wrong, wrong, wrong, wrong, again, again, again, again];
  const { pages } = await compare(askForCode, steps);
  const fastestOf = (from: number, to: number) =>
    pages.map(({ times }) => Math.min(...times.slice(from, to)));
  for (const [least, [of = 0, ofNobody = 0]] of [
    [1_000, fastestOf(1, 8)],
    [200, fastestOf(8, 12)],
  ] as const) {
    expect(Math.min(of, ofNobody)).toBeGreaterThanOrEqual(least);
  }
}, 120_000);

it('a sign-in by code says nothing of an account to somebody who is signed in and asks again', async () => {
  const email = `${randomUUID()}@example.org`;
  await registerAt(stack, email, password);
  const { mailed, ofNobody = '' } = await compare(
    async (browser, identifier) => {
      const login = await browser.get(`${stack.accounts}/login`);
      const inside = await browser.send(login, 'password', { identifier: email, password });
      expect(inside.url.pathname).toBe('/settings');
      const refresh = await browser.get(`${stack.accounts}/login?refresh=true`);
      return browser.send(refresh, 'code', { identifier });
    },
    [wrong, another, link, byPassword],
  );
  expect(mailed).toBeGreaterThan(0);
  expect(stack.mail.to(ofNobody)).toEqual([]);
}, 120_000);

it('a registration by code says nothing of an account until the code of the mail is typed', async () => {
  await compare(
    async (browser, address) => {
      const profile = await browser.get(`${stack.accounts}/registration`);
      const fields = { 'traits.email': address, 'traits.name': 'Ada' };
      return browser.send(await browser.send(profile, 'profile', fields), 'code');
    },
    [wrong, link],
  );
}, 120_000);
