import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cookiesSet, type Got, navigation, SignInWorld } from '../../test/sign-in/world.ts';

const id = '0f9d3f6c-1111-4222-8333-abcdefabcdef';
const waiting = `__Host-mailed-code=login.${id}`;

let world: SignInWorld;

beforeAll(async () => {
  world = await SignInWorld.make();
});

afterAll(() => world.close());

beforeEach(() => {
  world.kratos.answers.clear();
  world.kratos.asked.length = 0;
});

const visit = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> =>
  world.ask(path, { host: 'accounts.test:8443', method, headers: { ...navigation, ...headers } });

const input = (name: string, type: string, value: string) => ({
  type: 'input',
  group: 'code',
  attributes: { node_type: 'input', name, type, value },
  messages: [],
  meta: {},
});

/** A flow of Kratos, by default one to which a code was mailed (spec/swagger.json, loginFlow). */
function kratosHas(kind: string, { state = 'sent_email', address = 'ada@example.org' } = {}): void {
  world.kratos.answers.set(`GET /self-service/${kind}/flows`, {
    status: 200,
    body: {
      id,
      state,
      ui: {
        action: `https://kratos.internal/self-service/${kind}?flow=${id}`,
        nodes: [
          input('csrf_token', 'hidden', 'token'),
          input(
            kind === 'login' ? 'identifier' : 'traits.email',
            state === 'choose_method' ? 'text' : 'hidden',
            address,
          ),
          input('method', 'hidden', 'code'),
          input('code', 'text', ''),
          input('method', 'submit', 'code'),
          input('resend', 'submit', 'code'),
        ],
        messages: [],
      },
    },
  });
}

describe('the page that asks for a mailed code', () => {
  it.each(['login', 'registration'])(
    'makes its browser the one in which the link works: %s',
    async (kind) => {
      kratosHas(kind);
      const got = await visit(`/${kind}?flow=${id}`);
      expect(got.headers['set-cookie']).toEqual([
        `__Host-mailed-code=${kind}.${id}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900`,
      ]);
    },
  );

  it.each([
    ['login', 'choose_method'],
    ['login', 'passed_challenge'],
    ['recovery', 'sent_email'],
  ])('sets no cookie otherwise: %s, %s', async (kind, state) => {
    kratosHas(kind, { state });
    const got = await visit(`/${kind}?flow=${id}`);
    expect(got.status).toBe(kind === 'verification' ? 303 : 200);
    expect(cookiesSet(got).size).toBe(0);
  });
});

describe('the link of a mail', () => {
  it.each([
    ['login', 'Sign in'],
    ['registration', 'Create the account'],
  ])('shows the form of the flow with the code and one button: %s', async (kind, button) => {
    kratosHas(kind);
    const got = await visit('/link?code=012345', { cookie: `__Host-mailed-code=${kind}.${id}; csrf=1` });
    expect(got.status, got.text).toBe(200);
    expect(world.kratos.asked.at(-1)).toMatchObject({
      path: `/self-service/${kind}/flows?id=${id}`,
      headers: { cookie: expect.stringContaining('csrf=1') },
    });
    expect(got.text.match(/<form [^>]*>/g)).toEqual([
      `<form method="post" action="/self-service/${kind}?flow=${id}">`,
    ]);
    expect(got.text.match(/<button[^>]*>[^<]*/g)).toEqual([
      `<button type="submit" name="method" value="code">${button}`,
    ]);
    expect(got.text).toContain('<input type="hidden" name="csrf_token" value="token">');
    expect(got.text).toContain('<input type="hidden" name="code" value="012345">');
    expect(got.text).toContain('<strong>ada@example.org</strong>');
  });

  it.each(['GET', 'HEAD'])('sends nothing to Kratos but the question for the flow: %s', async (method) => {
    kratosHas('login');
    expect((await visit('/link?code=012345', { cookie: waiting }, method)).status).toBe(200);
    expect(world.kratos.asked.map((each) => each.method)).toEqual(['GET']);
  });

  it('is only read: a form that is sent to it is refused', async () => {
    kratosHas('login');
    expect((await visit('/link?code=012345', { cookie: waiting }, 'POST')).status).toBe(405);
    expect(world.kratos.asked).toEqual([]);
  });

  it.each([
    '',
    '12345',
    '1234567',
    '12345٦',
    '012345%0a',
    '"><script>alert(1)</script>',
    "1' onfocus='alert(1)",
    '012345&code=<b>',
  ])('with the code %j shows no form, and nothing of what it says', async (code) => {
    kratosHas('login');
    const query = code.includes('%') || code.includes('&') ? code : encodeURIComponent(code);
    const got = await visit(`/link?code=${query}`.replaceAll('<', '%3C'), { cookie: waiting });
    if (code.includes('&')) return expect(got.text).not.toContain('<b>');
    expect(got.status).toBe(400);
    expect(got.text).not.toMatch(/<form|alert|012345/);
    expect(world.kratos.asked).toEqual([]);
  });

  it('has no address to return to: only the flow has one', async () => {
    kratosHas('login');
    const got = await visit('/link?code=012345&return_to=https://evil.test/', { cookie: waiting });
    expect([got.status, got.headers.location]).toEqual([200, undefined]);
    expect(got.text).not.toContain('evil');
    expect(`${got.headers['content-security-policy']}`).not.toContain('evil');
  });

  it.each([
    ['no cookie', undefined],
    ['two cookies', `${waiting}; ${waiting}`],
    ['a flow that no code is mailed to', `__Host-mailed-code=settings.${id}`],
    ['the name of a property of every object', `__Host-mailed-code=constructor.${id}`],
  ])('does not work in a browser with %s', async (_, cookie) => {
    kratosHas('login');
    const got = await visit('/link?code=012345', cookie === undefined ? {} : { cookie });
    expect(got.status).toBe(403);
    expect(got.text).toContain('in the browser in which the mail was asked for');
    expect(got.text).not.toContain('<form');
    expect(world.kratos.asked).toEqual([]);
  });

  it.each([
    ['Kratos says that the flow is of another browser', { status: 403, body: {} }, 403],
    ['the flow is too old', { status: 410, body: {} }, 410],
    ['the flow is unknown', { status: 404, body: {} }, 410],
    ['Kratos fails', { status: 500, body: {} }, 503],
  ])('shows no form if %s', async (_, answer, status) => {
    world.kratos.answers.set('GET /self-service/login/flows', answer);
    const got = await visit('/link?code=012345', { cookie: waiting });
    expect(got.status).toBe(status);
    expect(got.text).not.toContain('<form');
  });

  it.each(['passed_challenge', 'choose_method'])('shows no form if the flow is at %s', async (state) => {
    kratosHas('login', { state });
    const got = await visit('/link?code=012345', { cookie: waiting });
    expect([got.status, got.text.includes('<form')]).toEqual([403, false]);
  });

  it('escapes the address', async () => {
    kratosHas('login', { address: '"><script>alert(1)</script>@example.org' });
    const { text } = await visit('/link?code=012345', { cookie: waiting });
    expect(text).not.toMatch(/<script>|"><s/);
  });
});
