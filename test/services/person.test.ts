import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { People, peopleFrom } from '../../apps/kit/person.ts';
import { SigningKeys } from '../../operators/sign-in/program/signing-keys.ts';
import { accounts, SignInWorld } from '../sign-in/world.ts';

let world: SignInWorld;
let people: ReturnType<typeof peopleFrom>;
/** As the proxy sent it to the app. */
let token: string;
let published: { kid: string; x: string; y: string }[];

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (of: string): [head: Record<string, unknown>, claims: Record<string, unknown>] => {
  const [head = '', body = ''] = of.split('.').map((each) => Buffer.from(each, 'base64url').toString());
  return [JSON.parse(head), JSON.parse(body)];
};

/** The answer of the port of the keys to a client with this certificate. */
function askKeys(
  folder: string | undefined,
  path = '/keys',
  method = 'GET',
): Promise<{ status: number; text: string }> {
  const identity = folder === undefined ? undefined : new IdentityFolder(join(world.folder, folder));
  const own = identity === undefined ? {} : { cert: identity.current.cert, key: identity.current.key };
  identity?.close();
  return new Promise((done, fail) => {
    const url = new URL(path, world.keysAddress);
    const asked = request(url, { method, ca: world.authority.roots, agent: false, ...own }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.once('end', () => done({ status: response.statusCode ?? 0, text }));
      response.once('error', fail);
    });
    asked.once('error', fail);
    asked.end();
  });
}

async function freshToken(person = 'ada'): Promise<string> {
  await world.ask('/', { headers: { cookie: `__Host-session=${world.signIn(person)}` } });
  return String(world.app.asked.at(-1)?.['x-plinth-person']);
}

beforeAll(async () => {
  world = await SignInWorld.make();
  people = peopleFrom({
    PEOPLE_KEYS: world.keysAddress,
    PEOPLE_IDENTITY_DIR: join(world.folder, 'orders'),
    PEOPLE_ISSUER: accounts,
    PEOPLE_AUDIENCES: 'shop',
  });
  token = await freshToken();
  published = JSON.parse((await askKeys('orders')).text).keys;
});

afterAll(async () => {
  people.close();
  await world.close();
});

describe('a token of the sign-in proxy', () => {
  it('identifies the person', async () => {
    const person = await people.person({ headers: { 'x-plinth-person': token } });
    expect(person).toMatchObject({
      id: 'ada',
      roles: [],
      organisation: undefined,
      level: 'aal1',
      app: 'shop',
    });
  });

  it('is accepted only from the service of its audience', async () => {
    await expect(people.verify(token, 'shop')).resolves.toMatchObject({ id: 'ada' });
    await expect(people.verify(token, 'stock')).rejects.toThrow(
      "'stock' forwards a token with the audience 'shop'",
    );
  });

  it('of a replica that started later is verified with its key', async () => {
    const other = await world.startReplica();
    await world.ask('/', { headers: { cookie: `__Host-session=${world.signIn('bo')}` } }, other);
    const later = String(world.app.asked.at(-1)?.['x-plinth-person']);
    await sleep(1_100);
    await expect(people.verify(later)).resolves.toMatchObject({ id: 'bo' });
  });
});

describe('refuses a token', () => {
  const { privateKey: own } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = (head: object, body: object, key: KeyObject = own) => {
    const text = `${part(head)}.${part(body)}`;
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  };
  const changed = (change: (head: Record<string, unknown>, claims: Record<string, unknown>) => void) => {
    const [head, body] = partsOf(token);
    change(head, body);
    return `${part(head)}.${part(body)}`;
  };

  it.each<[string, () => string]>([
    ['that is empty', () => ''],
    ['that is no JWT', () => 'ada'],
    ['with two parts', () => token.split('.').slice(0, 2).join('.')],
    ['with four parts', () => `${token}.x`],
    ['that is too long', () => `${token}${'x'.repeat(10_000)}`],
    ['without a signature', () => `${token.split('.').slice(0, 2).join('.')}.`],
    ['with the algorithm none', () => `${changed((head) => Object.assign(head, { alg: 'none' }))}.`],
    [
      'with the public key as the secret of an HMAC',
      () => {
        const text = changed((head) => Object.assign(head, { alg: 'HS256' }));
        return `${text}.${createHmac('sha256', JSON.stringify(published[0])).update(text).digest('base64url')}`;
      },
    ],
    [
      "of another person with this one's signature",
      () => `${changed((_, body) => Object.assign(body, { sub: 'eve' }))}.${token.split('.')[2]}`,
    ],
    ['signed by another key under a published key id', () => signed(...partsOf(token))],
    [
      'signed by a key in the token itself',
      () => {
        const [head, body] = partsOf(token);
        return signed(
          {
            ...head,
            kid: 'mine',
            jwk: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
          },
          body,
        );
      },
    ],
    ['with an unknown key id', () => signed({ ...partsOf(token)[0], kid: 'unknown' }, partsOf(token)[1])],
    [
      'with the type of another token',
      () => `${changed((head) => Object.assign(head, { typ: 'JWT' }))}.${token.split('.')[2]}`,
    ],
    [
      'with an unknown critical header',
      () => `${changed((head) => Object.assign(head, { crit: ['b64'] }))}.${token.split('.')[2]}`,
    ],
  ])('%s', async (_, make) => {
    await expect(people.verify(make())).rejects.toMatchObject({ name: 'Refusal', code: 16 });
  });

  /** Whoever verifies trusts this key: what is refused now is what the token says. */
  async function says(claims: object, now = Date.now()): Promise<unknown> {
    const keys = new SigningKeys(accounts, () => now);
    const session = {
      id: 's',
      person: 'ada',
      expires: now + 3_600_000,
      authenticated: now,
      level: 'aal1',
      ...claims,
    };
    const server = await keyWorld(keys);
    return server.verify(keys.token('audience' in claims ? String(claims.audience) : 'shop', session));
  }

  /** A People that has the keys already. */
  async function keyWorld(keys: SigningKeys): Promise<People> {
    const { createServer } = await import('node:https');
    const pair = await world.authority.issue({ commonName: 'k', dnsNames: ['localhost'] });
    const server = createServer(pair, (_, response) =>
      response.end(JSON.stringify({ keys: keys.published() })),
    );
    await new Promise<void>((done) => server.listen(0, done));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    server.unref();
    const identity = new IdentityFolder(join(world.folder, 'orders'));
    identity.close();
    return new People({
      keys: `https://localhost:${port}/`,
      identity,
      issuer: accounts,
      audiences: ['shop'],
    });
  }

  it('for another app', () =>
    expect(says({ audience: 'stock' })).rejects.toThrow("audience of the token is 'stock'"));
  it('that has expired, without leeway', () =>
    expect(says({}, Date.now() - 60_000)).rejects.toThrow('has expired'));
  it('that expired with its session a second ago, without leeway', () =>
    expect(says({ expires: Date.now() - 1_000 })).rejects.toThrow('has expired'));
  it('that was issued later than the allowed clock difference', () =>
    expect(says({}, Date.now() + 15_000)).rejects.toThrow('not valid yet'));
  it('but not one that is issued within the allowed clock difference', () =>
    expect(says({}, Date.now() + 8_000)).resolves.toMatchObject({ id: 'ada' }));

  it('from another issuer', async () => {
    const other = new SigningKeys('https://accounts.elsewhere.test');
    const session = {
      id: 's',
      person: 'ada',
      expires: Date.now() + 60_000,
      authenticated: Date.now(),
      level: 'aal1',
    };
    await expect((await keyWorld(other)).verify(other.token('shop', session))).rejects.toThrow(
      'is https://accounts.elsewhere',
    );
  });

  it('with UNAVAILABLE if no key can be fetched', async () => {
    const identity = new IdentityFolder(join(world.folder, 'orders'));
    identity.close();
    const alone = new People({
      keys: 'https://localhost:1/',
      identity,
      issuer: accounts,
      audiences: ['shop'],
    });
    await expect(alone.verify(token)).rejects.toMatchObject({ code: 14 });
  });
});

describe('the keys endpoint', () => {
  it('publishes only public keys: the current and the next one', () => {
    expect(published.map((key) => Object.keys(key).sort().join())).toEqual(
      published.map(() => 'alg,crv,kid,kty,use,x,y'),
    );
    expect(published.length).toBeGreaterThanOrEqual(2);
  });

  it('refuses a caller without a certificate', async () => {
    await expect(askKeys(undefined)).rejects.toThrow();
  });

  it('does not let an app redeem codes or read other endpoints', async () => {
    expect((await askKeys('orders', '/codes', 'POST')).status).toBe(404);
    expect((await askKeys('orders', '/keys/own')).status).toBe(404);
    expect((await askKeys('sign-in-client', '/keys/own')).status).toBe(200);
  });
});

describe('signing keys', () => {
  it('change every hour, each published an hour before and after its use', () => {
    let now = Date.now();
    const keys = new SigningKeys(accounts, () => now);
    const session = { id: 's', person: 'ada', expires: now + 1e9, authenticated: now, level: 'aal1' };
    const signer = () => String(partsOf(keys.token('shop', session))[0].kid);
    const [first, next] = [signer(), keys.published().at(-1)?.kid];
    now += 3_600_000;
    expect(signer()).toBe(next);
    expect(keys.published().map(({ kid }) => kid)).toContain(first);
    now += 3_600_000;
    expect(signer()).not.toBe(next);
    expect(keys.published().map(({ kid }) => kid)).not.toContain(first);
  });
});
