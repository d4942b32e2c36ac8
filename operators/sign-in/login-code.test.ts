import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cookiesSet, type Got, navigation, SignInWorld } from '../../test/sign-in/world.ts';

/* The step of a sign-in that asks for a mailed code: the same for an address with an account and for one without. */

const id = '0f9d3f6c-1111-4222-8333-abcdefabcdef';
const page = `/login?flow=${id}`;
const form = `/self-service/login?flow=${id}`;
const email = 'ada@example.org';

let world: SignInWorld;

beforeAll(async () => {
  world = await SignInWorld.make();
});

afterAll(() => world.close());

beforeEach(() => {
  world.kratos.answers.clear();
  world.kratos.asked.length = 0;
  world.kratos.answers.set('POST /self-service/login', {
    status: 303,
    headers: { location: `https://accounts.test:8443${page}` },
  });
});

const get = (path: string): Promise<Got> =>
  world.ask(path, { host: 'accounts.test:8443', headers: navigation });

const post = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Got> =>
  world.ask(form, {
    ...{ method: 'POST', host: 'accounts.test:8443', body: new URLSearchParams(fields).toString() },
    headers: { ...navigation, 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });

const input = (name: string, type: string, value = '', group = 'default') => ({
  ...{ type: 'input', group, attributes: { name, type, value }, messages: [], meta: {} },
});

interface Has {
  state?: string;
  message?: number;
  identifier?: 'text' | 'hidden';
  refresh?: boolean;
  /** Of the field of the address. Default: none. */
  label?: string;
}

/** A flow of Kratos (spec/swagger.json, loginFlow). Default: one that just began. */
function kratosHas({
  state = 'choose_method',
  message,
  identifier = 'text',
  refresh = false,
  label,
}: Has): void {
  const messages = message === undefined ? [] : [{ id: message, type: 'error', text: 'of Kratos' }];
  const more = state === 'choose_method' ? [input('password', 'password', '', 'password')] : [];
  const meta = label === undefined ? {} : { label: { id: 1070004, text: label, type: 'info' } };
  const address = { ...input('identifier', identifier, email), meta };
  const nodes = [input('csrf_token', 'hidden', 'token'), address, ...more];
  const ui = { action: `https://kratos.internal${form}`, messages, nodes };
  const body = { id, state, refresh, return_to: 'https://accounts.test:8443/sessions', ui };
  world.kratos.answers.set('GET /self-service/login/flows', { status: 200, body });
}

const mailed: Has = { state: 'sent_email', identifier: 'hidden' };
const ofNobody: Has = { message: 4000035, identifier: 'hidden' };

/** The form that reached Kratos; undefined if none did. */
async function passed(fields: Record<string, string>, headers?: Record<string, string>) {
  const got = await post(fields, headers);
  const asked = world.kratos.asked.find(({ method }) => method === 'POST');
  return { got, asked };
}

describe('the page that asks for a code', () => {
  it.each([
    ['', 'If an account has this address'],
    ['&code=sent', 'If an account has this address'],
    ['&code=wrong', 'The code is wrong'],
    ['&code=missing', 'This is missing'],
    ['&code=%3Cb%3E', 'If an account has this address'],
  ])('has the same bytes and cookies with and without an account: %s', async (said, text) => {
    const got: Got[] = [];
    for (const flow of [mailed, { ...mailed, message: 4010008 }, ofNobody]) {
      kratosHas(flow);
      got.push(await get(`${page}${said}`));
    }
    expect(got[0]?.text).toContain(text);
    expect(got[0]?.text).toContain('name="code"');
    expect(cookiesSet(got[0] ?? expect.fail()).has('__Host-mailed-code')).toBe(true);
    for (const { date: _, ...headers } of got.map((each) => each.headers))
      expect(headers).toEqual({ ...got[0]?.headers, date: undefined });
    expect(new Set(got.map((each) => each.text)).size).toBe(1);
    expect(got[0]?.text).not.toMatch(/of Kratos|name="password"|<b>/);
  });

  it.each<[string, Has, boolean]>([
    ['a new flow', {}, false],
    ['a flow whose message went with an error of a provider', { identifier: 'hidden', message: 1 }, true],
    ['a provider to link to an account', { identifier: 'hidden', label: 'Address' }, false],
    ['somebody who signs in again', { identifier: 'hidden', refresh: true }, false],
    ['somebody who signs in again, for nobody', { ...ofNobody, refresh: true }, true],
    ['a flow that is over', { ...mailed, state: 'passed_challenge' }, false],
  ])('is shown or not: %s', async (_, flow, isShown) => {
    kratosHas(flow);
    expect((await get(page)).text.includes('name="code"')).toBe(isShown);
  });
});

describe('a form', () => {
  it.each([
    ['sent', {}, { code: null, resend: null }],
    ['missing', { code: '' }, { code: '', resend: null }],
    ['wrong', { code: '123456', address: 'eve@example.org' }, { code: '123456', resend: null }],
    ['sent', { code: '123456', resend: 'another' }, { code: null, resend: 'code' }],
  ])('leads to a page that says "%s", whatever Kratos says: %j', async (said, more, expected) => {
    for (const flow of said === 'sent' && !('code' in more) ? [{}] : [mailed, ofNobody]) {
      kratosHas(flow);
      world.kratos.asked.length = 0;
      const { got } = await passed({
        method: 'code',
        csrf_token: 'token',
        identifier: ' Ada@example.org',
        ...more,
      });
      expect([got.status, got.headers.location]).toEqual([
        303,
        `https://accounts.test:8443${page}&code=${said}`,
      ]);
      const body = new URLSearchParams(world.kratos.bodies.at(-1));
      expect(Object.fromEntries(body)).toEqual({
        ...{ method: 'code', csrf_token: 'token', identifier: email },
        ...Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== null)),
      });
    }
  });

  it.each([
    ['of another method', { method: 'password', identifier: email, password: 'x' }],
    ['for another address', { method: 'code', identifier: 'eve@example.org', code: '123456' }],
    ['for no address', { method: 'code', identifier: '', resend: 'another' }],
  ])('%s begins a new flow where a code was asked for', async (_, fields) => {
    for (const flow of [mailed, ofNobody]) {
      kratosHas(flow);
      const { got, asked } = await passed(fields);
      const back = encodeURIComponent('https://accounts.test:8443/sessions');
      expect([got.status, got.headers.location]).toEqual([
        303,
        `/self-service/login/browser?return_to=${back}`,
      ]);
      expect(asked).toBeUndefined();
    }
  });

  it('without an address gets a page that says so', async () => {
    kratosHas({});
    const { got, asked } = await passed({ method: 'code', identifier: ' ' });
    expect([got.status, got.headers.location, asked]).toEqual([303, `${page}&code=address`, undefined]);
    expect((await get(`${page}&code=address`)).text).toContain('Write the address');
  });

  it('is answered with a page, also to a program that wants JSON', async () => {
    kratosHas({});
    const { asked } = await passed({ method: 'password', identifier: email }, { accept: 'application/json' });
    expect(asked?.headers.accept).toBe('text/html');
  });

  it.each([
    [403, 403],
    [500, 503],
  ])('does not reach Kratos if its flow cannot be read: %i', async (status, expected) => {
    world.kratos.answers.set('GET /self-service/login/flows', { status });
    const { got, asked } = await passed({ method: 'code', identifier: `${status}@example.org` });
    expect([got.status, asked]).toEqual([expected, undefined]);
  });
});

it.each(['/self-service/login/flows?id=1', `${form}&method=code`, '/self-service/registration?flow=1'])(
  'a browser cannot get %s',
  async (path) => {
    expect([(await get(path)).status, world.kratos.asked]).toEqual([404, []]);
  },
);
