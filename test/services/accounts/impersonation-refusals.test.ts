import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { contract } from '../../../apps/accounts/src/contract.ts';
import { databaseName } from '../../../model/schema/database.ts';
import { asSuperuser } from '../postgres.ts';
import { AccountsWorld, type RestAnswer } from './world.ts';

/* What apps/accounts refuses to an administrator who acts as somebody else, by tokens as the proxy makes them. */

const reason = 'Ticket 4711: the list of members is empty';
const database = 'impersonated';

let world: AccountsWorld;
let club = '';

beforeAll(async () => {
  world = await AccountsWorld.start(database);
  club = await world.organisation(world.token('bo'), 'Club');
}, 120_000);

afterAll(() => world?.stop());

/** Begins to act as a person in a session of its own; the id of the impersonation. */
async function begun(person = 'bo', session = `s-${Math.random()}`): Promise<string> {
  world.directory.add(person);
  const made = await world.done<{ impersonation: { id: string } }>(
    'POST',
    `/v1/platform/people/${person}/impersonation`,
    { token: world.token('root', { session }), body: { reason } },
  );
  return made.impersonation.id;
}

const acting = (session: string, person = 'bo', actor = 'root') => world.token(person, { session, actor });

const read = (token: string): Promise<RestAnswer> => world.ask('GET', '/v1/organisations', { token });

/** What each operation takes whose input has required fields. */
const inputs: Readonly<Record<string, object>> = {
  deletePerson: { email: 'bo@example.org' },
  updateMember: { roles: ['member'] },
  createInvitation: { email: 'eve@example.org', roles: ['member'] },
  acceptInvitation: { token: 'plinth_invitation_none' },
  putRole: { permissions: [] },
  createApiKey: { name: 'k', scopes: [] },
  beginImpersonation: { reason },
};

const refused = Object.entries(contract).filter(
  ([, each]) => 'privileged' in each || each.access === 'administrator',
);

describe('an operation that is privileged or for administrators', () => {
  it('is one of many', () => {
    expect(refused.length).toBeGreaterThan(15);
  });

  it.each(refused)('is refused: %s', async (id, { method, path }) => {
    const token = acting(await begun());
    const named: Record<string, string> = { organisation: club, person: 'bo', role: 'clerk', job: club };
    const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? 'orders.confirm');
    const body = inputs[id] === undefined ? {} : { body: inputs[id] };
    const answer = await world.ask(method.toUpperCase(), address, { token, ...body });
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'impersonating' } } });
  });
});

it('the person can do each of these himself: only the administrator is refused', async () => {
  const exported = await world.ask('GET', '/v1/person/export', { token: world.token('bo') });
  expect(exported.status).toBe(200);
});

describe('a token of the proxy, which is valid for a minute, is refused', () => {
  it('once the impersonation was ended', async () => {
    const id = await begun();
    expect(await read(acting(id))).toMatchObject({ status: 200 });
    await world.done('DELETE', '/v1/session/impersonation', { token: acting(id) });
    expect(await read(acting(id))).toMatchObject({
      status: 401,
      body: { error: { code: 'impersonation_ended' } },
    });
    // The proxy hears that the session must be revalidated, and no rights.
    expect(await world.ask('GET', '/v1/session', { token: acting(id) })).toMatchObject({
      ...{
        status: 200,
        body: { session: { state: 'needs_revalidation', organisation: '', permissions: [] } },
      },
    });
  });

  it('once the time is over', async () => {
    const id = await begun();
    await asSuperuser(
      inject('postgres'),
      databaseName(database),
      `update impersonations set ends_at = now() - interval '1 second' where id = '${id}'`,
    );
    expect(await read(acting(id))).toMatchObject({ status: 401 });
  });

  it.each([
    ['another administrator', 'bo', 'second'],
    ['another person', 'victim', 'root'],
  ])('if it names %s than the impersonation', async (_, person, actor) => {
    expect(await read(acting(await begun(), person, actor))).toMatchObject({ status: 401 });
  });

  it('if there never was such an impersonation', async () => {
    expect(await read(acting('00000000-0000-4000-8000-000000000000'))).toMatchObject({ status: 401 });
    expect(await read(acting('made-up'))).toMatchObject({ status: 401 });
  });
});

it('the use of a session is noted to the minute, and listed for its person alone', async () => {
  const token = world.token('bo', { session: 'used' });
  await world.done('GET', '/v1/session', { token });
  await asSuperuser(
    inject('postgres'),
    databaseName(database),
    "update sessions set seen_at = now() - interval '1 hour' where id = 'used'",
  );
  await world.done('GET', '/v1/session', { token });
  const { uses } = await world.done<{ uses: { session: string; lastUsedAt: string }[] }>(
    'GET',
    '/v1/person/session-uses',
    { token },
  );
  const found = uses.find(({ session }) => session === 'used');
  expect(Date.now() - Date.parse(found?.lastUsedAt ?? '')).toBeLessThan(60_000);
  const others = await world.done<{ uses: unknown[] }>('GET', '/v1/person/session-uses', {
    token: world.token('root', { session: 'of-root' }),
  });
  expect(JSON.stringify(others)).not.toContain('used"');
});
