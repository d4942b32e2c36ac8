import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { accountsDocument } from '../../../apps/accounts/src/document.ts';
import { databaseName } from '../../../model/schema/database.ts';
import { SigningKeys } from '../../../operators/sign-in/program/signing-keys.ts';
import { asSuperuser } from '../postgres.ts';
import { identity } from '../world.ts';
import { AccountsWorld, type RestAnswer } from './world.ts';

/* What somebody tries who has a certificate of a caller, a session of his own, or a key of his own organisation. */

const document = z
  .object({
    paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
  })
  .parse(accountsDocument());

/** Every operation of the OpenAPI document. */
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, each]) => ({
    id: each.operationId,
    method: method.toUpperCase(),
    path,
    hasBody: each.requestBody !== undefined,
  })),
);

/** What each operation takes that has a body, with the id of Ada's for `{organisation}`; one that is missing here fails the tests. */
const bodies: Readonly<Record<string, object>> = {
  switchOrganisation: { organisation: '{organisation}' },
  createOrganisation: { name: 'Made' },
  updateOrganisation: { name: 'Taken over' },
  updateMember: { roles: ['member'] },
  createInvitation: { email: 'eve@example.org', roles: ['owner'] },
  acceptInvitation: { token: 'plinth_invitation_none' },
  putRole: { permissions: [] },
  checkPermission: { permission: 'members.read' },
  beginImpersonation: { reason: 'An attack of the tests' },
  createApiKey: { name: 'k', scopes: [] },
  verifyApiKey: { secret: 'plinth_key_none' },
  deletePerson: { email: 'eve@example.org' },
};

let world: AccountsWorld;
let ada: string;
let eve: string;
let eveKey: string;
/** Ids of what is Ada's, by their names in paths. */
let hers: Record<string, string>;

beforeAll(async () => {
  world = await AccountsWorld.start('attacked');
  ada = world.token('ada');
  eve = world.token('eve');
  const organisation = await world.organisation(ada, 'Ada');
  const at = `/v1/organisations/${organisation}`;
  await world.join(organisation, ada, 'bo', ['member']);
  await world.invite(organisation, ada, 'cy', ['member']);
  await world.done('PUT', `${at}/roles/clerk`, { token: ada, body: { permissions: [] } });
  const { invitations } = await world.done<{ invitations: { id: string }[] }>('GET', `${at}/invitations`, {
    token: ada,
  });
  const { key } = await world.done<{ key: { id: string } }>('POST', `${at}/keys`, {
    token: ada,
    body: { name: 'k', scopes: [] },
  });
  hers = { organisation, person: 'bo', role: 'clerk', key: key.id, invitation: invitations[0]?.id ?? '' };
  // Those are nobody's but the administrators'.
  hers = { ...hers, queue: 'orders.confirm', job: organisation };
  const own = await world.organisation(eve, 'Eve');
  const made = await world.done<{ secret: string }>('POST', `/v1/organisations/${own}/keys`, {
    token: eve,
    body: { name: 'k', scopes: ['members.read', 'audit.read', 'organisation.delete', 'keys.create'] },
  });
  eveKey = made.secret;
}, 120_000);

// A token is valid for a minute.
beforeEach(() => {
  ada = world.token('ada');
  eve = world.token('eve');
});

afterAll(() => world?.stop());

/** The address of an operation on what is Ada's. */
function addressOf(path: string): string {
  return path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
    const value = hers[name];
    if (value === undefined) throw new Error(`nothing of Ada's has the name {${name}}`);
    return value;
  });
}

function bodyOf({ id, hasBody }: (typeof operations)[number]): { body?: object } {
  if (!hasBody) return {};
  const body = bodies[id];
  if (body === undefined) throw new Error(`the test knows no body for ${id}`);
  return { body: JSON.parse(addressOf(JSON.stringify(body))) };
}

/** Everything that is Ada's, as one text. */
async function state(): Promise<string> {
  const tables = [
    'organisations',
    'members',
    'member_roles',
    'roles',
    'invitations',
    'api_keys',
    'audit_entries',
  ];
  const rows = await Promise.all(
    tables.map((table) =>
      asSuperuser(
        inject('postgres'),
        databaseName(world.database),
        `select to_jsonb(t) as row from ${table} t where coalesce(to_jsonb(t)->>'organisation', to_jsonb(t)->>'id') = '${hers.organisation}' order by 1`,
      ),
    ),
  );
  return JSON.stringify(rows);
}

describe('an organisation of another person', () => {
  const inOrganisation = operations.filter(
    ({ id, path }) =>
      `${path} ${JSON.stringify(bodies[id])}`.includes('{organisation}') && !path.startsWith('/v1/platform/'),
  );

  it('is the target of most operations', () => {
    expect(inOrganisation.length).toBeGreaterThan(15);
  });

  it.each(inOrganisation)(
    'does not exist for $id: by a person, by a key, and by nobody',
    async (operation) => {
      const before = await state();
      const [path, body] = [addressOf(operation.path), bodyOf(operation)];
      const got = await world.ask(operation.method, path, { token: eve, ...body });
      expect([got.status, got.body]).toEqual([
        404,
        { error: expect.objectContaining({ code: 'not_found' }) },
      ]);
      // The same as of one that nobody has.
      const none = path.replace(hers.organisation ?? '', '00000000-0000-4000-8000-000000000000');
      expect((await world.ask(operation.method, none, { token: eve, ...body })).status).toBe(404);
      expect((await world.ask(operation.method, path, { key: eveKey, ...body })).status).toBe(404);
      expect((await world.ask(operation.method, path, body)).status).toBe(401);
      expect(await state()).toBe(before);
    },
  );

  it.each(['person', 'role', 'key', 'invitation'])(
    'lends no {%s} to an organisation of one’s own',
    async (name) => {
      const before = await state();
      const own = await world.organisation(eve, 'Borrowing');
      const borrowing = operations.filter(
        ({ path, method }) => path.endsWith(`{${name}}`) && method === 'DELETE',
      );
      expect(borrowing.length).toBe(1);
      for (const { method, path } of borrowing) {
        const address = addressOf(path).replace(hers.organisation ?? '', own);
        expect((await world.ask(method, address, { token: eve })).status).toBe(404);
      }
      expect(await state()).toBe(before);
    },
  );
});

const onPlatform = operations.filter(
  ({ id, path }) => path.startsWith('/v1/platform/') && id !== 'getPlatform',
);

describe('an operation for administrators of the platform', () => {
  it.each(onPlatform)('is refused for everybody else: $id', async (operation) => {
    const [method, path, body] = [operation.method, addressOf(operation.path), bodyOf(operation)];
    expect((await world.ask(method, path, { token: eve, ...body })).status).toBe(403);
    expect((await world.ask(method, path, { key: eveKey, ...body })).status).toBe(403);
    expect((await world.ask(method, path, body)).status).toBe(401);
  });
});

describe('mass assignment', () => {
  const extra = {
    ...{ id: '00000000-0000-4000-8000-000000000000', organisation: '00000000-0000-4000-8000-000000000000' },
    ...{
      createdAt: '2020-01-01T00:00:00Z',
      createdBy: 'eve',
      invitedBy: 'eve',
      builtIn: true,
      person: 'eve',
    },
    ...{ audit_days: 30, permissions_: ['*'], __proto__x: 1, needsRevalidation: false },
  };

  it.each(operations.filter(({ hasBody }) => hasBody))('changes nothing by $id', async (operation) => {
    const before = await state();
    const own = bodyOf(operation).body ?? {};
    for (const [name, value] of Object.entries(extra)) {
      if (Object.hasOwn(own, name)) continue;
      const body = { ...own, [name]: value };
      const got = await world.ask(operation.method, addressOf(operation.path), { token: ada, body });
      expect([name, got.status, got.body]).toEqual([
        ...[name, 400],
        { error: { code: 'invalid_argument', message: expect.stringContaining(name) } },
      ]);
    }
    expect(await state()).toBe(before);
  });

  it('refuses wildcards and unknown spellings as permissions of roles and keys', async () => {
    const at = `/v1/organisations/${hers.organisation}`;
    for (const permission of ['*', 'members.*', '*.read', ' members.read', 'MEMBERS.READ']) {
      const role = await world.ask('PUT', `${at}/roles/all`, {
        token: ada,
        body: { permissions: [permission] },
      });
      const key = await world.ask('POST', `${at}/keys`, {
        token: ada,
        body: { name: 'k', scopes: [permission] },
      });
      expect([permission, role.status, key.status]).toEqual([permission, 400, 400]);
    }
  });
});

describe('an administrator of the platform', () => {
  it.each(onPlatform.filter(({ path }) => path.includes('/queues')))(
    'is told by $id that no queue runs here',
    async ({ method, path }) => {
      expect(await world.ask(method, addressOf(path), { token: world.token('root') })).toMatchObject({
        status: 409,
        body: { error: { code: 'no_queue' } },
      });
    },
  );
});

describe('a token', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const ask = (token: string, more = {}): Promise<RestAnswer> =>
    world.ask('GET', '/v1/organisations', { token, ...more });
  const changed = (header: object, claims: object = {}): string => {
    const [head, body] = ada
      .split('.')
      .slice(0, 2)
      .map((each) => JSON.parse(Buffer.from(each, 'base64url').toString()));
    return `${part({ ...head, ...header })}.${part({ ...body, ...claims })}`;
  };
  const { privateKey: own } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const session = (expires: number) => ({
    id: 's',
    person: 'ada',
    expires,
    authenticated: Date.now(),
    level: 'aal1',
  });

  it.each<[string, () => string]>([
    ['with the algorithm none', () => `${changed({ alg: 'none' })}.`],
    ['without a signature', () => `${ada.split('.').slice(0, 2).join('.')}.`],
    [
      'with the public key as the secret of an HMAC',
      () => {
        const text = changed({ alg: 'HS256' });
        const secret = JSON.stringify(world.keys.published()[0]);
        return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
      },
    ],
    [
      'signed by a key of the sender, by the id of a real one',
      () => {
        const text = changed({}, { sub: 'ada' });
        return `${text}.${sign('sha256', Buffer.from(text), { key: own, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
      },
    ],
    ['with the signature of another one', () => `${changed({}, { sub: 'eve' })}.${ada.split('.')[2]}`],
    ['of another audience', () => world.token('ada', { audience: 'shop' })],
    [
      'of another issuer',
      () => new SigningKeys('https://accounts.evil.test').token('accounts', session(Date.now() + 60_000)),
    ],
    ['that has ended', () => world.keys.token('accounts', session(Date.now() - 1_000))],
    ['that is a text', () => 'ada'],
  ])('%s is refused', async (_, make) => {
    const got = await ask(make());
    expect([got.status, got.body]).toEqual([
      401,
      { error: expect.objectContaining({ code: 'unauthenticated' }) },
    ]);
  });

  it('is refused from a caller that is not its audience', async () => {
    const web = await identity(world.authority, 'web');
    expect((await ask(ada, { caller: web })).status).toBe(401);
    expect((await ask(world.token('ada', { audience: 'web' }), { caller: web })).status).toBe(200);
  });

  it('with the session of another person reads none of its rights', async () => {
    await world.done('GET', '/v1/session', { token: ada });
    const forged = world.token('eve', { session: 'session-of-ada' });
    const got = await world.ask('GET', '/v1/session', { token: forged });
    expect(got.status).toBe(403);
  });

  it('in another header is ignored', async () => {
    const headers = { x_plinth_person: ada, 'x-plinth-user': ada, cookie: `x-plinth-person=${ada}` };
    expect((await world.ask('GET', '/v1/organisations', { headers })).status).toBe(401);
  });

  it('is useless without the certificate of a caller', async () => {
    const stranger = await identity(world.authority, 'stranger');
    expect((await ask(ada, { caller: stranger })).status).toBe(403);
  });
});

describe('user input', () => {
  const texts = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    'javascript:alert(1)',
    "'; drop table people; --",
    '{{constructor.constructor("alert(1)")()}}',
    '\u202Etxt.exe',
  ];

  it.each(texts)('is stored as text: %s', async (text) => {
    const id = await world.organisation(ada, text);
    const at = `/v1/organisations/${id}`;
    await world.done('PUT', `${at}/roles/clerk`, {
      token: ada,
      body: { description: text, permissions: [] },
    });
    await world.done('POST', `${at}/keys`, { token: ada, body: { name: text, scopes: [] } });
    expect(await world.done('GET', at, { token: ada })).toMatchObject({ organisation: { name: text } });
    expect(await world.done('GET', `${at}/keys`, { token: ada })).toMatchObject({ keys: [{ name: text }] });
    const { headers } = await world.raw('GET', at, { token: ada });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    await world.done('DELETE', at, { token: ada });
  });

  it('with NUL or half a surrogate pair is refused', async () => {
    for (const name of ['a\0b', 'a\uD800']) {
      expect((await world.ask('POST', '/v1/organisations', { token: ada, body: { name } })).status).toBe(400);
    }
  });
});

describe('a request of another site', () => {
  it('changes nothing, although the browser sends the certificate or the cookie', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const got = await world.ask('POST', '/v1/organisations', { token: ada, body: { name: 'x' }, headers });
    expect(got.status).toBe(403);
  });
});
