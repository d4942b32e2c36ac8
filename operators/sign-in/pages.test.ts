import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  accounts,
  type Got,
  kratosCookie,
  navigation,
  SignInWorld,
  type VisitorRequest,
} from '../../test/sign-in/world.ts';
import { perAccount, Tries } from './program/tries.ts';

let world: SignInWorld;

beforeAll(async () => {
  world = await SignInWorld.make();
});

afterAll(() => world.close());

beforeEach(() => {
  world.kratos.answers.clear();
  world.kratos.asked.length = 0;
});

const visit = (path: string, ask: VisitorRequest = {}): Promise<Got> =>
  world.ask(path, { host: 'accounts.test:8443', ...ask, headers: { ...navigation, ...ask.headers } });

const input = (
  name: string,
  type: string,
  more: object = {},
  group = 'default',
  messages: object[] = [],
) => ({
  type: 'input',
  group,
  attributes: { node_type: 'input', name, type, ...more },
  messages,
  meta: { label: { id: 1, type: 'info', text: `Label of ${name}` } },
});

const script = {
  type: 'script',
  group: 'webauthn',
  attributes: {
    src: 'https://kratos.internal/.well-known/ory/webauthn.js',
    integrity: 'sha512-abc',
    node_type: 'script',
  },
  messages: [],
  meta: {},
};

/** A flow as Kratos answers it (spec/swagger.json, loginFlow). */
function flow(nodes: object[], messages: object[] = []): { status: number; body: object } {
  const action = 'https://kratos.internal/self-service/login?flow=1';
  return { status: 200, body: { id: '1', ui: { action, method: 'POST', nodes, messages } } };
}

const login = flow(
  [
    input('csrf_token', 'hidden', { value: 'token' }),
    input('provider', 'submit', { value: 'google' }, 'oidc'),
    input('identifier', 'text', { required: true, value: 'ada@example.org' }),
    input(
      'password',
      'password',
      { required: true, value: 'never shown', autocomplete: 'current-password' },
      'password',
      [{ id: 4000006, type: 'error', text: 'The provided credentials are invalid.' }],
    ),
    input('method', 'submit', { value: 'password' }, 'password'),
    input(
      'passkey_login_trigger',
      'button',
      {
        onclick: 'window.oryPasskeyLogin()',
        onclickTrigger: 'oryPasskeyLogin',
        onloadTrigger: 'oryPasskeyLoginAutocompleteInit',
      },
      'passkey',
    ),
    script,
  ],
  [{ id: 4010001, type: 'error', text: 'The login flow expired.' }],
);

describe('the page of a flow', () => {
  async function shown(): Promise<string> {
    world.kratos.answers.set('GET /self-service/login/flows', login);
    const got = await visit('/login?flow=1', { headers: { cookie: 'csrf=1' } });
    expect(got.status).toBe(200);
    expect(world.kratos.asked.at(-1)?.headers.cookie).toBe('csrf=1');
    return got.text;
  }

  it('has one form to this host, whose first button is the password and not another provider', async () => {
    const html = await shown();
    expect(html.match(/<form [^>]*>/g)).toEqual([
      '<form method="post" action="/self-service/login?flow=1" novalidate>',
    ]);
    expect(html.indexOf('value="password"')).toBeLessThan(html.indexOf('value="google"'));
    expect(html).toContain('<input type="hidden" name="csrf_token" value="token">');
  });

  it('has a label and its error beside each field, and fills in no password', async () => {
    const html = await shown();
    expect(html).toContain('<label for="all-identifier">Label of identifier</label>');
    expect(html).toMatch(
      /id="all-password"[^>]*autocomplete="current-password"[^>]*aria-invalid="true"[^>]*aria-describedby="all-password-says"/,
    );
    expect(html).toContain('The address or the password is wrong.');
    expect(html).toContain('You took too long');
    expect(html).not.toContain('never shown');
  });

  it('has the same text whatever the order of its hidden fields', async () => {
    const fields = ['csrf_token', 'traits.email', 'traits.name'].map((name) =>
      input(name, 'hidden', { value: name }),
    );
    const texts = [];
    for (const nodes of [fields, fields.toReversed()]) {
      world.kratos.answers.set('GET /self-service/registration/flows', flow(nodes));
      texts.push((await visit('/registration?flow=1')).text);
    }
    expect(texts[1]).toBe(texts[0]);
  });

  it('has no inline script or style, and only the script of Kratos from this host', async () => {
    const html = await shown();
    expect(html).not.toMatch(/ on\w+=|<style|style=|javascript:/);
    expect(html.match(/<script[^>]*>[^<]/g)).toBeNull();
    expect(html).toContain(
      '<script src="/.well-known/ory/webauthn.js" integrity="sha512-abc" defer></script>',
    );
    expect(html).toContain('data-trigger="oryPasskeyLogin" hidden');
  });

  it.each([
    [
      'an allowed address',
      `${accounts}/sign-in?state=a&return_to=b`,
      '/registration?return_to=https%3A%2F%2Faccounts.test%3A8443%2Fsign-in%3Fstate%3Da%26return_to%3Db',
    ],
    ['another site', 'https://evil.test/', '/registration'],
  ])('keeps the address to return to only for the own origins: %s', async (_, back, link) => {
    world.kratos.answers.set('GET /self-service/login/flows', {
      ...login,
      body: { ...login.body, return_to: back },
    });
    expect((await visit('/login?flow=1')).text).toContain(`<a href="${link}">`);
    const passed = { ...login, body: { ...login.body, state: 'passed_challenge', return_to: back } };
    world.kratos.answers.set('GET /self-service/verification/flows', passed);
    const got = await visit('/verification?flow=1');
    expect(got.headers.location).toBe(back.startsWith(accounts) ? back : undefined);
  });

  it('has a Content-Security-Policy that allows forms to apps and providers, and no other foreign resource', async () => {
    world.kratos.answers.set('GET /self-service/login/flows', login);
    const { headers } = await visit('/login?flow=1');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'self' https://shop.test:8443 https://www.test:8443 https://stock.test:8443 https://accounts.google.com; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(headers['cache-control']).toBe('no-store');
  });

  it('of settings has one form per change, each with the CSRF token', async () => {
    const qr = 'data:image/png;base64,AAAA';
    world.kratos.answers.set(
      'GET /self-service/settings/flows',
      flow([
        input('csrf_token', 'hidden', { value: 'token' }),
        input('traits.email', 'email', { value: 'ada@example.org' }, 'profile'),
        input('method', 'submit', { value: 'profile' }, 'profile'),
        { type: 'img', group: 'totp', attributes: { src: qr, id: 'totp_qr' }, messages: [], meta: {} },
        {
          type: 'text',
          group: 'totp',
          attributes: { id: 'totp_secret_key', text: { id: 1, text: 'SECRET32', type: 'info' } },
          messages: [],
          meta: { label: { id: 1, text: 'The secret', type: 'info' } },
        },
        input('totp_code', 'text', {}, 'totp'),
      ]),
    );
    const { text } = await visit('/settings?flow=1');
    expect(text.match(/<form /g)).toHaveLength(2);
    expect(text.match(/name="csrf_token"/g)).toHaveLength(2);
    expect(text).toContain(`<img src="${qr}"`);
    expect(text).toContain('<code>SECRET32</code>');
    expect(text).toMatch(/name="totp_code"[^>]*autocomplete="one-time-code"/);
  });

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    '&lt;b&gt;',
  ])('escapes %s in every place', async (text) => {
    const node = {
      ...input(text, text, { value: text, autocomplete: text, onclickTrigger: text }, 'profile', [
        { id: 1, type: text, text },
      ]),
      meta: { label: { id: 1, type: 'info', text } },
    };
    const image = { type: 'img', group: 'profile', attributes: { src: text }, messages: [], meta: {} };
    const link = {
      type: 'a',
      group: 'profile',
      attributes: { href: text, title: { text } },
      messages: [],
      meta: {},
    };
    const words = { type: 'text', group: 'profile', attributes: { text: { text } }, messages: [], meta: {} };
    world.kratos.answers.set(
      'GET /self-service/settings/flows',
      flow(
        [node, { ...node, attributes: { ...node.attributes, type: 'button' } }, image, link, words, script],
        [{ id: 1, type: text, text }],
      ),
    );
    const html = (await visit('/settings?flow=1')).text;
    expect(html).not.toContain(text);
    expect(html).not.toMatch(
      /<(?!\/?(html|head|meta|title|link|script|body|main|h1|p|form|fieldset|legend|label|input|div|button|code|nav|ul|li|a|!doctype|br)\b)[a-z]/i,
    );
  });
});

describe('a page without a valid flow', () => {
  it.each([
    [
      'the address names no flow',
      '/login?return_to=/settings',
      undefined,
      '/self-service/login/browser?return_to=%2Fsettings',
    ],
    ['the flow is too old', '/login?flow=1', { status: 410, body: {} }, '/self-service/login/browser'],
    ['the flow is unknown', '/recovery?flow=1', { status: 404, body: {} }, '/self-service/recovery/browser'],
    [
      'nobody is signed in',
      '/settings?flow=1',
      { status: 401, body: {} },
      `/self-service/login/browser?return_to=${encodeURIComponent(`${accounts}/settings`)}`,
    ],
    [
      'the second factor is wanted',
      '/settings?flow=1',
      { status: 403, body: { error: { id: 'session_aal2_required' } } },
      `/self-service/login/browser?aal=aal2&return_to=${encodeURIComponent(`${accounts}/settings`)}`,
    ],
  ])('redirects if %s', async (_, path, answer, to) => {
    const [kind] = path.slice(1).split('?');
    if (answer !== undefined) world.kratos.answers.set(`GET /self-service/${kind}/flows`, answer);
    const got = await visit(path);
    expect([got.status, got.headers.location]).toEqual([303, to]);
  });

  it('names the blocked cookies instead of redirecting again if the flow belongs to another browser', async () => {
    world.kratos.answers.set('GET /self-service/login/flows', {
      status: 403,
      body: { error: { id: 'security_csrf_violation' } },
    });
    const got = await visit('/login?flow=1');
    expect([got.status, got.headers.location]).toEqual([403, undefined]);
    expect(got.text).toContain('does not keep the cookies of this site');
  });

  it('answers 503 if Kratos does not answer', async () => {
    world.kratos.isAway = true;
    const got = await visit('/login?flow=1');
    world.kratos.isAway = false;
    expect(got.status).toBe(503);
  });
});

describe('the public paths of Kratos', () => {
  it("pass the visitor's cookies to Kratos and its answer back, without a forged token", async () => {
    const answer = {
      status: 303,
      headers: { location: `${accounts}/login?flow=1`, 'set-cookie': 'csrf=2; Path=/' },
    };
    world.kratos.answers.set('POST /self-service/login', answer);
    const got = await visit('/self-service/login?flow=1', {
      method: 'POST',
      headers: {
        cookie: 'csrf=1',
        'x-plinth-person': 'forged',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'method=password',
    });
    expect([got.status, got.headers.location, got.headers['set-cookie']]).toEqual([
      303,
      answer.headers.location,
      ['csrf=2; Path=/'],
    ]);
    const asked = world.kratos.asked.find(({ method }) => method === 'POST');
    expect(asked?.headers).toMatchObject({ cookie: 'csrf=1', host: 'accounts.test:8443' });
    expect(asked?.headers['x-plinth-person']).toBeUndefined();
  });

  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const login = (identifier: string, at = '/self-service/login?flow=1') =>
    visit(at, {
      method: 'POST',
      headers: form,
      body: new URLSearchParams({ identifier, password: 'x' }).toString(),
    });

  it('allow ten password guesses for an account in any flow and spelling, then answer 429 with Retry-After', async () => {
    const answers = [];
    for (let i = 0; i < 12; i++)
      answers.push(
        await login(i % 2 ? 'eve@example.org' : ' Eve@example.org', `/self-service/login?flow=${i}`),
      );
    expect(answers.map(({ status }) => status).slice(9)).toEqual([404, 429, 429]);
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeLessThanOrEqual(30);
    expect(answers.at(-1)?.text).toContain('Too many tries');
    expect((await login('another@example.org')).status).toBe(404);
  });

  it.each([
    'identifier=a@example.org&identifier=eve@example.org',
    'identifier=a@example.org&password_identifier=eve@example.org',
  ])('refuse a form with two account names: %s', async (body) => {
    expect((await visit('/self-service/login?flow=1', { method: 'POST', headers: form, body })).status).toBe(
      400,
    );
    expect(world.kratos.asked).toEqual([]);
  });

  it('do not limit forms without an account name, such as those of passkeys', async () => {
    const answers = [];
    for (let i = 0; i < 12; i++) answers.push(await login('', `/self-service/login?flow=passkey-${i}`));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
  });

  it('accept only form bodies, because guesses in others would not be counted', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await visit('/self-service/login?flow=1', { method: 'POST', headers, body: '{}' })).status).toBe(
      415,
    );
    expect(world.kratos.asked).toEqual([]);
  });

  it.each([
    ['GET', '/self-service/login/api'],
    ['POST', '/self-service/registration/api'],
    ['DELETE', '/self-service/login'],
    ['GET', '/sessions/whoami'],
    ['GET', '/admin/identities'],
    ['GET', '/schemas/default'],
    ['GET', '/self-service/../admin/identities'],
    ['GET', '/self-service/%2e%2e/admin/identities'],
    ['GET', '/self-service/..%2fadmin/identities'],
    ['GET', '/self-service//../admin/identities'],
    ['GET', '/x/../self-service/login/browser'],
  ])('exclude %s %s', async (method, path) => {
    expect((await visit(path, { method })).status).toBeGreaterThanOrEqual(404);
    expect(world.kratos.asked).toEqual([]);
  });
});

describe('while Kratos has lost its connections to its database', () => {
  const id = '6a2f41a3-c54c-fce8-32d2-0324e1c32e22';
  const own = { origin: accounts };

  beforeEach(() => {
    world.kratos.closedConnections = 4;
  });

  afterEach(() => {
    world.kratos.closedConnections = 0;
  });

  it('a flow begins', async () => {
    const to = `${accounts}/login?flow=1`;
    world.kratos.answers.set('GET /self-service/login/browser', { status: 303, headers: { location: to } });
    const got = await visit('/self-service/login/browser?return_to=%2Fsessions');
    expect([got.status, got.headers.location]).toEqual([303, to]);
  });

  it('the page of a flow opens', async () => {
    world.kratos.answers.set('GET /self-service/login/flows', login);
    expect((await visit('/login?flow=1')).status).toBe(200);
  });

  it('the sessions are listed, and all of them', async () => {
    const headers = { cookie: `${kratosCookie}=${world.signIn('ada')}` };
    world.kratos.answers.set('GET /sessions', { status: 200, body: [{ id }] });
    const { text } = await visit('/sessions', { headers });
    expect(text).toContain(`name="id" value="${id}"`);
  });

  it('a session ends, and no end is only said', async () => {
    world.kratos.answers.set(`DELETE /sessions/${id}`, { status: 204 });
    await visit('/sessions', { method: 'POST', headers: own, body: `id=${id}` });
    expect(world.kratos.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array.from({ length: 5 }, () => `DELETE /sessions/${id}`),
    );
  });

  it('a form is sent once, and its answer is a page', async () => {
    const got = await visit('/self-service/settings?flow=1', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'method=profile',
    });
    expect([got.status, got.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
    expect(got.text).toContain('Try again in a moment.');
    expect(world.kratos.asked).toHaveLength(1);
  });

  it('a flow that never begins ends with a page', async () => {
    world.kratos.closedConnections = 1_000;
    const got = await visit('/self-service/login/browser');
    expect([got.status, got.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
    expect(world.kratos.asked).toHaveLength(6);
  });
});

describe('the page of sessions', () => {
  const id = '6a2f41a3-c54c-fce8-32d2-0324e1c32e22';
  const signedIn = () => ({ cookie: `${kratosCookie}=${world.signIn('ada')}` });

  it('lists every session, with a button that ends it', async () => {
    const other = {
      id,
      authenticated_at: '2026-01-01T00:00:00Z',
      devices: [{ user_agent: '<b>Firefox', ip_address: '192.0.2.1' }],
    };
    world.kratos.answers.set('GET /sessions', { status: 200, body: [other] });
    const { text } = await visit('/sessions', { headers: signedIn() });
    expect(text).toContain('This browser');
    expect(text).toContain('&lt;b&gt;Firefox<br>192.0.2.1');
    expect(text).toContain(`name="id" value="${id}"`);
  });

  it('ends a session by a form of this site', async () => {
    world.kratos.answers.set(`DELETE /sessions/${id}`, { status: 204 });
    const got = await visit('/sessions', {
      method: 'POST',
      headers: { ...signedIn(), origin: accounts },
      body: `id=${id}`,
    });
    expect(got.status).toBe(303);
    expect(world.kratos.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `DELETE /sessions/${id}`,
    ]);
  });

  it.each([['https://evil.test'], ['https://shop.test:8443'], ['null'], [undefined]])(
    'ends no session by a form of the origin %s',
    async (origin) => {
      for (const path of ['/sessions', '/sign-out']) {
        const headers = { ...signedIn(), ...(origin === undefined ? {} : { origin }) };
        expect(
          (await visit(path, { method: 'POST', headers, body: `id=${id}&what=everywhere` })).status,
        ).toBe(403);
      }
      expect(world.kratos.asked).toEqual([]);
    },
  );

  it('refuses a session id that contains a path', async () => {
    await visit('/sessions', {
      method: 'POST',
      headers: { ...signedIn(), origin: accounts },
      body: 'id=../admin/identities',
    });
    expect(world.kratos.asked).toEqual([]);
  });

  it('ends all sessions on sign-out everywhere, and logs out this browser', async () => {
    world.kratos.answers.set('DELETE /sessions', { status: 200 });
    const logout = 'https://kratos.internal/self-service/logout?token=t';
    world.kratos.answers.set('GET /self-service/logout/browser', {
      status: 200,
      body: { logout_url: logout },
    });
    const got = await visit('/sign-out', {
      method: 'POST',
      headers: { ...signedIn(), origin: accounts },
      body: 'what=everywhere',
    });
    expect([got.status, got.headers.location]).toEqual([303, '/self-service/logout?token=t']);
    expect(world.kratos.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE /sessions',
      'GET /self-service/logout/browser',
    ]);
  });
});

it('the limit of guesses regains one every 30 seconds, up to ten', () => {
  let now = 0;
  const tries = new Tries(perAccount, () => now);
  const taken = () => Array.from({ length: 20 }, () => tries.take('ada')).filter((wait) => wait === 0).length;
  expect(taken()).toBe(10);
  now += 30_000;
  expect(taken()).toBe(1);
  now += 86_400_000;
  expect(taken()).toBe(10);
});
