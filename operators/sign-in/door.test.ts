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
  it('reaches the app with a token of the person, and without the cookie of the session', async () => {
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

  it('has a token that ends with the session, where that ends sooner', async () => {
    const { headers } = asked(await world.ask('/', { headers: as(world.signIn('brief', 20)) }));
    const { exp, iat } = claimsOf(headers['x-plinth-person']);
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(20);
  });

  it.each(['x-plinth-person', 'X-Plinth-Person', 'x_plinth_person', 'X-Plinth_Person'])(
    'loses a header %s that the visitor wrote',
    async (name) => {
      const { headers } = asked(
        await world.ask('/', { headers: { ...as(world.signIn('eve')), [name]: 'forged' } }),
      );
      expect(Object.values(headers).join()).not.toContain('forged');
      expect(claimsOf(headers['x-plinth-person']).sub).toBe('eve');
    },
  );

  it('loses what another header says belongs to the connection, and not the token by naming it', async () => {
    const headers = { ...as(world.signIn()), connection: 'x-plinth-person, x-secret', 'x-secret': 'a' };
    const got = asked(await world.ask('/', { headers }));
    expect(got.headers['x-secret']).toBeUndefined();
    expect(got.headers['x-plinth-person']).toMatch(/^ey/);
  });

  it('gets to a mutual port by a certificate', async () => {
    const { headers } = asked(await world.ask('/secure/a', { headers: as(world.signIn()) }));
    expect(headers['x-plinth-person']).toMatch(/^ey/);
    expect(world.secureApp.asked).toHaveLength(1);
  });

  it('leads a path to the port of its whole segments alone', async () => {
    await world.ask('/secured', { headers: as(world.signIn()) });
    expect(world.app.asked).toHaveLength(1);
  });

  it('cannot be given another session by the app', async () => {
    const got = await world.ask('/own-cookie', { headers: as(world.signIn()) });
    expect(got.headers['set-cookie']).toEqual(['theme=dark']);
  });

  it('is asked for once, however many requests come at once', async () => {
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

  it('is sent to the pages of accounts where a browser opens a page, and may come back to it', async () => {
    const got = await world.ask('/orders?page=2', { headers: navigation });
    const to = new URL(got.headers.location ?? '');
    expect([got.status, to.origin, to.pathname]).toEqual([302, accounts, '/sign-in']);
    expect(to.searchParams.get('return_to')).toBe(`${shopOrigin}/orders?page=2`);
    expect(got.headers['set-cookie']?.[0]).toMatch(
      /^__Host-sign-in-state=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600$/,
    );
  });

  it('gets 401 as JSON where a program asks, which scripts of the own origins can read, and no others', async () => {
    const ask = (origin: string) => world.ask('/api', { headers: { origin, 'sec-fetch-mode': 'cors' } });
    const own = await ask('https://www.test:8443');
    expect([own.status, JSON.parse(own.text).error.code]).toEqual([401, 'not_signed_in']);
    expect(own.headers['access-control-allow-origin']).toBe('https://www.test:8443');
    expect((await ask('https://evil.test')).headers['access-control-allow-origin']).toBeUndefined();
    expect((await ask('null')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('gets no answer to a preflight of another origin', async () => {
    const preflight = (origin: string) =>
      world.ask('/', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT' } });
    expect((await preflight(shopOrigin)).status).toBe(204);
    expect((await preflight('https://evil.test')).status).toBe(403);
  });

  it('that a form sent is told that nothing was carried out', async () => {
    const got = await world.ask('/pay', { method: 'POST', headers: navigation });
    expect(got.status).toBe(401);
    expect(got.text).toContain('what you sent was not carried out');
  });

  it.each(['evil.test', 'shop.test:9', 'accounts.test.evil', ''])(
    'at the host %s leads nowhere',
    async (host) => {
      expect((await world.ask('/', { host, headers: as(world.signIn()) })).status).toBe(421);
    },
  );

  it('ends with a page that says why, where it goes round', async () => {
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

  it('begins Kratos’ flow where nobody is signed in, and comes back to the same place', async () => {
    const { to } = await begin();
    const got = await atAccounts(to, '');
    const flow = new URL(got.headers.location ?? '');
    expect([got.status, flow.pathname]).toEqual([303, '/self-service/login/browser']);
    expect(flow.searchParams.get('return_to')).toBe(to.href);
  });

  it('asks for the second factor where the session lacks it', async () => {
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

  it('hands the session over to the host of the app, in a cookie of that host alone', async () => {
    const value = world.signIn('ada');
    const { to, secret } = await begin('/orders?page=2');
    const code = await atAccounts(to, `${kratosCookie}=${value}`);
    const got = await end(code.headers.location ?? '', `__Host-sign-in-state=${secret}`);
    expect([got.status, got.headers.location]).toEqual([303, `${shopOrigin}/orders?page=2`]);
    expect(got.headers['set-cookie']?.[0]).toBe(
      `__Host-session=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`,
    );
  });

  it('is ended by another replica than began it', async () => {
    const other = await world.startReplica();
    const { to, secret } = await begin();
    const code = await atAccounts(to, `${kratosCookie}=${world.signIn('bo')}`);
    const got = await end(code.headers.location ?? '', `__Host-sign-in-state=${secret}`, other);
    expect(cookiesSet(got).get('__Host-session')).toContain('session-of-bo');
  });

  it('is refused to another browser, to one with another secret, and a second time', async () => {
    const { to, secret } = await begin();
    const code = (await atAccounts(to, `${kratosCookie}=${world.signIn()}`)).headers.location ?? '';
    for (const cookieText of ['', '__Host-sign-in-state=another', 'a=b'])
      expect((await end(code, cookieText)).headers['set-cookie']).toBeUndefined();
    // The one with another secret used the code up.
    expect((await end(code, `__Host-sign-in-state=${secret}`)).status).toBe(403);
  });

  it('is refused at another app than it was begun at', async () => {
    const { to, secret } = await begin();
    const code = (await atAccounts(to, `${kratosCookie}=${world.signIn()}`)).headers.location ?? '';
    const elsewhere = code.replace('shop.test', 'stock.test');
    expect((await end(elsewhere, `__Host-sign-in-state=${secret}`)).status).toBe(403);
  });

  it('tells a browser that keeps no cookies so', async () => {
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
  ])('returns to no app by %s', async (address) => {
    const query = new URLSearchParams({ return_to: address, state: 'a'.repeat(43) });
    const got = await world.ask(`/sign-in?${query}`, {
      host: 'accounts.test:8443',
      headers: { ...navigation, cookie: `${kratosCookie}=${world.signIn()}` },
    });
    expect([got.status, got.headers.location]).toEqual([400, undefined]);
  });

  it.each(['//evil.test', '/\\evil.test', '/%5cevil.test', '/.//evil.test'])(
    'stays at the app whatever its path: %s',
    async (path) => {
      const { to, secret } = await begin(path);
      const code = await atAccounts(to, `${kratosCookie}=${world.signIn()}`);
      const got = await end(code.headers.location ?? '', `__Host-sign-in-state=${secret}`);
      expect(new URL(got.headers.location ?? '').origin).toBe(shopOrigin);
    },
  );

  it('returns to an origin of the list or nowhere, whatever is asked', () => {
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

describe('another site', () => {
  it.each([
    ['of another domain', { origin: 'https://evil.test' }],
    ['of a host beside it', { origin: 'https://stock.test:8443', 'sec-fetch-site': 'same-site' }],
    ['that hides its name', { origin: 'null' }],
    ['that says no origin', { 'sec-fetch-site': 'cross-site' }],
  ])('%s cannot change anything in the name of who is signed in', async (_, headers) => {
    const got = await world.ask('/pay', { method: 'POST', headers: { ...as(world.signIn()), ...headers } });
    expect(got.status).toBe(403);
    expect(world.app.asked).toEqual([]);
    expect((await world.webSocket({ ...as(world.signIn()), ...headers })).status).toBe(403);
  });
});

describe('a session that ends', () => {
  it('lets no request through two seconds after it was revoked, and closes what streams and each WebSocket', async () => {
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

  it('closes a WebSocket at its last second, without being revoked', async () => {
    const { socket } = await world.webSocket({ ...as(world.signIn('dora', 1)), origin: shopOrigin });
    socket?.on('error', () => undefined).resume();
    const opened = Date.now();
    await once(socket ?? process, 'close');
    expect(Date.now() - opened).toBeLessThan(3_000);
  });

  it('leaves those of others open', async () => {
    const { socket } = await world.webSocket({ ...as(world.signIn('fay')), origin: shopOrigin });
    world.kratos.sessions.delete(world.signIn('gus'));
    await sleep(2_200);
    socket?.write('still');
    expect(String((await once(socket ?? process, 'data'))[0])).toBe('still');
    socket?.destroy();
  });

  it('opens no WebSocket', async () => {
    expect((await world.webSocket({ origin: shopOrigin })).status).toBe(401);
  });
});

describe('where Kratos does not answer', () => {
  it('lets nobody in, and tells nobody to be signed out', async () => {
    world.kratos.isAway = true;
    const got = await world.ask('/api', { headers: as(world.signIn()) });
    expect([got.status, JSON.parse(got.text).error.code]).toEqual([503, 'sign_in_unavailable']);
    expect(world.app.asked).toEqual([]);
  });

  it('waits a second and no longer', async () => {
    world.kratos.delay = 5_000;
    const began = Date.now();
    const got = await world.ask('/api', { headers: as(world.signIn()) });
    world.kratos.delay = 0;
    expect(got.status).toBe(503);
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});

describe('cookies', () => {
  it('of the proxy never get to the app, whatever stands beside them', () => {
    const part = fc.stringMatching(/^[^;]{0,20}$/);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.nat(4), (parts, i) => {
        const header = parts.toSpliced(i, 0, '__Host-session=secret').join(';');
        expect(withoutCookies(header, ['__Host-session']) ?? '').not.toContain('secret');
      }),
    );
  });

  it('hold what a header may hold, or are none', () => {
    expect(cookie('a=b\tc', 'a')).toBeUndefined();
    expect(cookie(`a=${'x'.repeat(5_000)}`, 'a')).toBeUndefined();
    expect(cookie('a=b; b=c', 'b')).toBe('c');
  });
});

it('runs from a mounted ConfigMap as it stands', () => {
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
