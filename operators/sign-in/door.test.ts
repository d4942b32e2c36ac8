import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  accounts,
  cookiesSet,
  type Got,
  kratosCookie,
  navigation,
  SignInWorld,
  shopOrigin,
} from '../../test/sign-in/world.ts';
import { cookie, withoutCookies } from './program/cookies.ts';
import { returnTo } from './program/hand-over.ts';

let world: SignInWorld;

beforeAll(async () => {
  world = await SignInWorld.make();
});

afterAll(() => world.close());

beforeEach(() => {
  world.kratos.isAway = false;
  world.app.asked.length = 0;
  world.kratos.asked.length = 0;
});

const as = (value: string) => ({ cookie: `__Host-session=${value}` });

/** What the app was asked, by its own answer. */
function asked(got: Got): { url: string; method: string; body: string; headers: Record<string, string> } {
  expect(got.status).toBe(200);
  return JSON.parse(got.text);
}

function claimsOf(token: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
}

describe('a request with a session', () => {
  it('reaches the app with a 60-second token of the person and without the session cookie', async () => {
    const got = await world.ask('/orders?page=2', {
      method: 'POST',
      headers: {
        cookie: `theme=dark; __Host-session=${world.signIn('ada')}; __Host-sign-in-state=x`,
        origin: shopOrigin,
      },
      body: 'hello',
    });
    const { url, method, body, headers } = asked(got);
    expect([url, method, body, headers.cookie]).toEqual(['/orders?page=2', 'POST', 'hello', 'theme=dark']);
    const claims = claimsOf(headers['x-plinth-person']);
    expect(claims).toMatchObject({ iss: accounts, aud: 'shop', sub: 'ada', organisation: null, roles: [] });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
  });

  it('has a token that expires with the session if the session expires first', async () => {
    const { headers } = asked(await world.ask('/', { headers: as(world.signIn('brief', 20)) }));
    const { exp, iat } = claimsOf(headers['x-plinth-person']);
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(20);
  });

  it.each(['x-plinth-person', 'X-Plinth-Person', 'x_plinth_person', 'X-Plinth_Person'])(
    'loses the header %s that the visitor sent',
    async (name) => {
      const { headers } = asked(
        await world.ask('/', { headers: { ...as(world.signIn('eve')), [name]: 'forged' } }),
      );
      expect(Object.values(headers).join()).not.toContain('forged');
      expect(claimsOf(headers['x-plinth-person']).sub).toBe('eve');
    },
  );

  it('loses the headers that its Connection header lists, but never the token', async () => {
    const headers = { ...as(world.signIn()), connection: 'x-plinth-person, x-secret', 'x-secret': 'a' };
    const got = asked(await world.ask('/', { headers }));
    expect(got.headers['x-secret']).toBeUndefined();
    expect(got.headers['x-plinth-person']).toMatch(/^ey/);
  });

  it('reaches an mTLS port with a client certificate', async () => {
    const { headers } = asked(await world.ask('/secure/a', { headers: as(world.signIn()) }));
    expect(headers['x-plinth-person']).toMatch(/^ey/);
    expect(world.secureApp.asked).toHaveLength(1);
  });

  it('matches the path of a port by whole segments only', async () => {
    await world.ask('/secured', { headers: as(world.signIn()) });
    expect(world.app.asked).toHaveLength(1);
  });

  it('loses no session to the app: a session cookie in the answer is removed', async () => {
    const got = await world.ask('/own-cookie', { headers: as(world.signIn()) });
    expect(got.headers['set-cookie']).toEqual(['theme=dark']);
  });

  it('makes Kratos verify the session once for concurrent requests', async () => {
    const headers = as(world.signIn());
    await Promise.all(Array.from({ length: 20 }, () => world.ask('/', { headers })));
    expect(world.kratos.whoamis).toBe(1);
  });
});

describe('a request without a session', () => {
  it.each([
    ['no cookie', {}],
    ['a cookie of nobody', as('unknown')],
    ['two cookies of a session', { cookie: '__Host-session=a; __Host-session=b' }],
    ['the token of another request', { 'x-plinth-person': 'eyJ.x.y' }],
  ])('never reaches the app: %s', async (_, headers) => {
    for (const path of ['/', '//', '/.', '/%2e%2e/', '/secure', '/orders?a=/.sign-in/done'])
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'])
        expect([302, 401]).toContain(
          (await world.ask(path, { method, headers: { accept: 'text/html', ...headers } })).status,
        );
    expect(world.app.asked).toEqual([]);
  });

  it('redirects the navigation of a browser to the sign-in page, with the address to return to', async () => {
    const got = await world.ask('/orders?page=2', { headers: navigation });
    const to = new URL(got.headers.location ?? '');
    expect([got.status, to.origin, to.pathname]).toEqual([302, accounts, '/sign-in']);
    expect(to.searchParams.get('return_to')).toBe(`${shopOrigin}/orders?page=2`);
    expect(got.headers['set-cookie']?.[0]).toMatch(
      /^__Host-sign-in-state=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600$/,
    );
  });

  it('gets 401 as JSON if a program sent it, readable by scripts of the own origins only', async () => {
    const ask = (origin: string) => world.ask('/api', { headers: { origin, 'sec-fetch-mode': 'cors' } });
    const own = await ask('https://www.test:8443');
    expect([own.status, JSON.parse(own.text).error.code]).toEqual([401, 'not_signed_in']);
    expect(own.headers['access-control-allow-origin']).toBe('https://www.test:8443');
    expect((await ask('https://evil.test')).headers['access-control-allow-origin']).toBeUndefined();
    expect((await ask('null')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('gets 403 for a CORS preflight of another origin', async () => {
    const preflight = (origin: string) =>
      world.ask('/', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT' } });
    expect((await preflight(shopOrigin)).status).toBe(204);
    expect((await preflight('https://evil.test')).status).toBe(403);
  });

  it('gets a page that says that the form was not processed', async () => {
    const got = await world.ask('/pay', { method: 'POST', headers: navigation });
    expect(got.status).toBe(401);
    expect(got.text).toContain('what you sent was not carried out');
  });

  it.each(['evil.test', 'shop.test:9', 'accounts.test.evil', ''])(
    'gets 421 at the unknown host %j',
    async (host) => {
      expect((await world.ask('/', { host, headers: as(world.signIn()) })).status).toBe(421);
    },
  );

  it('ends with a page that names the blocked cookies after five redirects', async () => {
    let tries = '';
    const statuses: number[] = [];
    let last: Got | undefined;
    for (let i = 0; i < 6; i++) {
      last = await world.ask('/', { headers: { ...navigation, cookie: `__Host-sign-in-tries=${tries}` } });
      statuses.push(last.status);
      tries = cookiesSet(last).get('__Host-sign-in-tries') ?? '';
    }
    expect(statuses).toEqual([302, 302, 302, 302, 302, 403]);
    expect(last?.text).toContain('does not keep the cookies of this site');
  });
});

describe('a sign-in', () => {
  /** The browser's way to the pages of accounts: the address there, and the secret that it keeps. */
  async function begin(path = '/orders'): Promise<{ to: URL; secret: string }> {
    const got = await world.ask(path, { headers: navigation });
    return {
      to: new URL(got.headers.location ?? ''),
      secret: cookiesSet(got).get('__Host-sign-in-state') ?? '',
    };
  }
  const atAccounts = (to: URL, cookieText: string) =>
    world.ask(`${to.pathname}${to.search}`, {
      host: 'accounts.test:8443',
      headers: { ...navigation, cookie: cookieText },
    });
  const end = (location: string, cookieText: string, running = world.running[0]) => {
    const { pathname, search, host } = new URL(location);
    return world.ask(
      `${pathname}${search}`,
      { host, headers: { ...navigation, cookie: cookieText } },
      running,
    );
  };

  it('starts a login flow of Kratos without a session, and returns to the requested address', async () => {
    const { to } = await begin();
    const got = await atAccounts(to, '');
    const flow = new URL(got.headers.location ?? '');
    expect([got.status, flow.pathname]).toEqual([303, '/self-service/login/browser']);
    expect(flow.searchParams.get('return_to')).toBe(to.href);
  });

  it('requires the second factor if the session lacks it', async () => {
    world.kratos.sessions.set('half', {
      id: 'h',
      person: 'ada',
      expires: Date.now() + 60_000,
      wants: 'aal2',
    });
    const got = await atAccounts((await begin()).to, `${kratosCookie}=half`);
    expect(new URL(got.headers.location ?? '').searchParams.get('aal')).toBe('aal2');
    expect((await world.ask('/', { headers: as('half') })).status).toBe(401);
  });

  it('hands the session over to the app in a cookie of its host only', async () => {
    const value = world.signIn('ada');
    const { to, secret } = await begin('/orders?page=2');
    const code = await atAccounts(to, `${kratosCookie}=${value}`);
    const got = await end(code.headers.location ?? '', `__Host-sign-in-state=${secret}`);
    expect([got.status, got.headers.location]).toEqual([303, `${shopOrigin}/orders?page=2`]);
    expect(got.headers['set-cookie']?.[0]).toBe(
      `__Host-session=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`,
    );
  });

  it('can be completed by another replica than the one that started it', async () => {
    const other = await world.startReplica();
    const { to, secret } = await begin();
    const code = await atAccounts(to, `${kratosCookie}=${world.signIn('bo')}`);
    const got = await end(code.headers.location ?? '', `__Host-sign-in-state=${secret}`, other);
    expect(cookiesSet(got).get('__Host-session')).toContain('session-of-bo');
  });

  it('is refused in another browser, with another secret, and a second time', async () => {
    const { to, secret } = await begin();
    const code = (await atAccounts(to, `${kratosCookie}=${world.signIn()}`)).headers.location ?? '';
    for (const cookieText of ['', '__Host-sign-in-state=another', 'a=b'])
      expect((await end(code, cookieText)).headers['set-cookie']).toBeUndefined();
    // The one with another secret used the code up.
    expect((await end(code, `__Host-sign-in-state=${secret}`)).status).toBe(403);
  });

  it('is refused at another app than the one that started it', async () => {
    const { to, secret } = await begin();
    const code = (await atAccounts(to, `${kratosCookie}=${world.signIn()}`)).headers.location ?? '';
    const elsewhere = code.replace('shop.test', 'stock.test');
    expect((await end(elsewhere, `__Host-sign-in-state=${secret}`)).status).toBe(403);
  });

  it('shows a page that names the blocked cookies to a browser that keeps none', async () => {
    const { to } = await begin();
    const code = (await atAccounts(to, `${kratosCookie}=${world.signIn()}`)).headers.location ?? '';
    const { pathname, search } = new URL(code);
    const got = await world.ask(`${pathname}${search}`, { headers: navigation });
    expect([got.status, got.text]).toEqual([403, expect.stringContaining('keeps no cookies here')]);
  });

  it.each([
    'https://evil.test/',
    'https://shop.test:8443.evil.test/',
    'https://shop.test:8443@evil.test/',
    'https://user@shop.test:8443/',
    'http://shop.test:8443/',
    'https://shop.test/',
    '//shop.test:8443/',
    '/orders',
    'javascript:alert(1)',
    'data:text/html,x',
    '\\\\evil.test',
    '',
  ])('refuses to return to %j', async (address) => {
    const query = new URLSearchParams({ return_to: address, state: 'a'.repeat(43) });
    const got = await world.ask(`/sign-in?${query}`, {
      host: 'accounts.test:8443',
      headers: { ...navigation, cookie: `${kratosCookie}=${world.signIn()}` },
    });
    expect([got.status, got.headers.location]).toEqual([400, undefined]);
  });

  it.each(['//evil.test', '/\\evil.test', '/%5cevil.test', '/.//evil.test'])(
    'returns to the origin of the app for the path %s',
    async (path) => {
      const { to, secret } = await begin(path);
      const code = await atAccounts(to, `${kratosCookie}=${world.signIn()}`);
      const got = await end(code.headers.location ?? '', `__Host-sign-in-state=${secret}`);
      expect(new URL(got.headers.location ?? '').origin).toBe(shopOrigin);
    },
  );

  it('returns only to a listed origin, for any address', () => {
    const origins = new Set([shopOrigin]);
    const address = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.string(),
      fc.string().map((text) => `${shopOrigin}${text}`),
    );
    fc.assert(
      fc.property(address, (text) => {
        const back = returnTo(text, origins);
        if (back === undefined) return;
        expect(new URL(`${back.origin}${back.path}`).origin).toBe(shopOrigin);
      }),
    );
  });
});

describe('a request of another site', () => {
  it.each([
    ['from another domain', { origin: 'https://evil.test' }],
    ['from a sibling host', { origin: 'https://stock.test:8443', 'sec-fetch-site': 'same-site' }],
    ['with a hidden origin', { origin: 'null' }],
    ['without an origin', { 'sec-fetch-site': 'cross-site' }],
  ])('%s gets 403 and never reaches the app', async (_, headers) => {
    const got = await world.ask('/pay', { method: 'POST', headers: { ...as(world.signIn()), ...headers } });
    expect(got.status).toBe(403);
    expect(world.app.asked).toEqual([]);
    expect((await world.webSocket({ ...as(world.signIn()), ...headers })).status).toBe(403);
  });
});

describe('a session that ends', () => {
  it('admits no request two seconds after its revocation, and closes its streams and WebSockets', async () => {
    const value = world.signIn('carol');
    const stream = await world.open('/stream', { headers: as(value) });
    const { socket } = await world.webSocket({ ...as(value), origin: shopOrigin });
    stream.on('error', () => undefined).resume();
    socket?.on('error', () => undefined);
    socket?.write('ping');
    const [echo] = await once(socket ?? stream, 'data');
    expect(String(echo)).toBe('ping');
    const closed = Promise.all(
      [stream, socket].map((each) => new Promise((done) => each?.once('close', done))),
    );
    const revoked = Date.now();
    world.kratos.sessions.delete(value);
    await closed;
    expect(Date.now() - revoked).toBeLessThan(2_000);
    await sleep(Math.max(0, 2_000 - (Date.now() - revoked)));
    expect((await world.ask('/api', { headers: as(value) })).status).toBe(401);
  });

  it('closes its WebSockets when it expires', async () => {
    const { socket } = await world.webSocket({ ...as(world.signIn('dora', 1)), origin: shopOrigin });
    socket?.on('error', () => undefined).resume();
    const opened = Date.now();
    await once(socket ?? process, 'close');
    expect(Date.now() - opened).toBeLessThan(3_000);
  });

  it('leaves the WebSockets of other sessions open', async () => {
    const { socket } = await world.webSocket({ ...as(world.signIn('fay')), origin: shopOrigin });
    world.kratos.sessions.delete(world.signIn('gus'));
    await sleep(2_200);
    socket?.write('still');
    expect(String((await once(socket ?? process, 'data'))[0])).toBe('still');
    socket?.destroy();
  });

  it('opens no WebSocket once it has ended', async () => {
    expect((await world.webSocket({ origin: shopOrigin })).status).toBe(401);
  });
});

describe('without an answer of Kratos', () => {
  it('a request gets 503 instead of a sign-in page, and does not reach the app', async () => {
    world.kratos.isAway = true;
    const got = await world.ask('/api', { headers: as(world.signIn()) });
    expect([got.status, JSON.parse(got.text).error.code]).toEqual([503, 'sign_in_unavailable']);
    expect(world.app.asked).toEqual([]);
  });

  it('a request waits until Kratos has started again', async () => {
    world.kratos.isAway = true;
    const asked = world.ask('/api', { headers: as(world.signIn()) });
    await sleep(3_000);
    world.kratos.isAway = false;
    expect((await asked).status).toBe(200);
  });

  it('a request waits while Kratos cannot read its database, and takes no session for ended', async () => {
    const headers = as(world.signIn());
    world.kratos.answers.set('GET /sessions/whoami', { status: 401 });
    world.kratos.answers.set('GET /health/ready', { status: 503 });
    const asked = world.ask('/api', { headers });
    await sleep(500);
    world.kratos.answers.clear();
    expect((await asked).status).toBe(200);
  });

  it('a known session lasts while the whole pool of Kratos is closed, and ends when it has ended', async () => {
    const session = world.signIn();
    const headers = as(session);
    expect((await world.ask('/api', { headers })).status).toBe(200);
    await sleep(1_100);
    world.kratos.closedConnections = 4;
    expect((await world.ask('/api', { headers })).status).toBe(200);
    await sleep(1_100);
    world.kratos.sessions.clear();
    expect((await world.ask('/api', { headers })).status).toBe(401);
  });

  it('a request gets 503 if each answer comes too late to be true', async () => {
    world.kratos.delay = 1_500;
    const got = await world.ask('/api', { headers: as(world.signIn()) });
    world.kratos.delay = 0;
    expect(got.status).toBe(503);
  });
});

describe('cookies', () => {
  it('of the proxy never reach the app, in any Cookie header', () => {
    const part = fc.stringMatching(/^[^;]{0,20}$/);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.nat(4), (parts, i) => {
        const header = parts.toSpliced(i, 0, '__Host-session=secret').join(';');
        expect(withoutCookies(header, ['__Host-session']) ?? '').not.toContain('secret');
      }),
    );
  });

  it('with control characters or more than 4 kB are ignored', () => {
    expect(cookie('a=b\tc', 'a')).toBeUndefined();
    expect(cookie(`a=${'x'.repeat(5_000)}`, 'a')).toBeUndefined();
    expect(cookie('a=b; b=c', 'b')).toBe('c');
  });
});

it('the program runs unchanged from a mounted ConfigMap', () => {
  const program = join(import.meta.dirname, 'program');
  // As a kubelet mounts it: links to a folder of the day, without any package beside it.
  const folder = join(world.folder, 'mounted');
  mkdirSync(join(folder, '..data'), { recursive: true });
  for (const file of readdirSync(program)) {
    copyFileSync(join(program, file), join(folder, '..data', file));
    symlinkSync(join('..data', file), join(folder, file));
  }
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(folder, 'main.ts'), join(folder, 'missing.json')],
    {
      encoding: 'utf8',
    },
  );
  // Every module was read by then: what is missing is the configuration alone.
  expect([status, stderr]).toEqual([1, expect.stringContaining("ENOENT: no such file or directory, open '")]);
  expect(stderr).toContain('missing.json');
});
