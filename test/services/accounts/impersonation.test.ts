import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { AccountsApi } from '../../../apps/kit/generated/accounts-rest.ts';
import { databaseName } from '../../../model/schema/database.ts';
import { asSuperuser } from '../postgres.ts';
import { eventually } from '../world.ts';
import { ProxiedAccounts, type SignedIn, script } from './proxied-accounts.ts';

/*
 * An administrator acts as somebody else, through two replicas of the proxy and of accounts. ADMINISTRATORS lists root@example.org and
 * second@example.org.
 */

const reason = 'Ticket 4711: the list of members is empty';
const database = 'impersonation';

let world: ProxiedAccounts;
let root: SignedIn;
let bo: SignedIn;
let club = '';

beforeAll(async () => {
  world = await ProxiedAccounts.start(database);
  bo = world.person('bo');
  const { organisation } = await world.client(bo.cookie).createOrganisation({ name: 'Club' });
  club = organisation.id;
}, 120_000);

afterAll(() => world?.stop());

const echoed = z.object({ headers: z.record(z.string(), z.unknown()) });

/** The claims of the token that an app gets for a request of this browser. */
async function claims(cookie: string, replica = 0): Promise<Record<string, unknown>> {
  const running = world.signIn.running[replica];
  const { status, text } = await world.signIn.ask('/', { headers: script(cookie) }, running);
  expect(status, text).toBe(200);
  const token = String(echoed.parse(JSON.parse(text)).headers['x-plinth-person']);
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** A new session of an administrator, and one in which he acts as Bo, as soon as both replicas act by it. */
async function begun(name = 'root'): Promise<SignedIn> {
  const administrator = world.person(name);
  await world.client(administrator.cookie).beginImpersonation({ person: bo.id, reason });
  await sleep(2_000);
  await world.client(administrator.cookie).getSession({});
  return administrator;
}

type Entry = AccountsApi['listAuditEntries']['answer']['entries'][number];

async function entriesOf(administrator: SignedIn): Promise<Entry[]> {
  const other = world.person('second');
  const { entries } = await world.client(other.cookie).listPlatformAuditEntries({ pageSize: 1000 });
  return entries.filter(({ actor }) => actor === `person:${administrator.id}`).reverse();
}

const rows = (sql: string) => asSuperuser(inject('postgres'), databaseName(database), sql);

describe('an administrator who acts as somebody else', () => {
  it('is the person for every app at every replica, with the administrator named in the token', async () => {
    root = await begun();
    for (const replica of [0, 1]) {
      expect(await claims(root.cookie, replica)).toMatchObject({
        ...{ sub: bo.id, act: { sub: root.id }, organisation: club, roles: ['owner'] },
      });
    }
    const { session } = await world.client(root.cookie).getSession({});
    expect(session).toMatchObject({
      ...{ person: bo.id, organisation: club, state: 'valid' },
      impersonation: { administrator: root.id, person: bo.id, email: bo.email, reason },
    });
    const { until = '' } = session.impersonation ?? {};
    expect(Math.round((Date.parse(until) - Date.now()) / 60_000)).toBe(15);
  });

  it('is named with the person in every entry that is made meanwhile, between begin and end', async () => {
    const administrator = await begun();
    await world.client(administrator.cookie).updateOrganisation({ organisation: club, name: 'Club of Bo' });
    await world.client(administrator.cookie).endImpersonation({});
    const found = await entriesOf(administrator);
    expect(found.map(({ action, onBehalfOf }) => [action, onBehalfOf])).toEqual([
      ['impersonation.begin', ''],
      ['organisation.update', `person:${bo.id}`],
      ['impersonation.end', `person:${bo.id}`],
    ]);
    expect(found[0]).toMatchObject({ subject: `person:${bo.id}`, before: null, after: { reason } });
    expect(found[2]).toMatchObject({ subject: `person:${bo.id}`, before: { reason }, after: null });
    // The person learns of it.
    const { document } = await world.client(bo.cookie).exportPerson({});
    expect(JSON.stringify(document)).toContain(`person:${administrator.id}`);
  });

  it('is himself again after the end, at every replica, and Bo remains who he is', async () => {
    const administrator = await begun();
    await world.client(administrator.cookie).endImpersonation({});
    await sleep(2_000);
    await world.client(administrator.cookie).getSession({});
    for (const replica of [0, 1]) {
      const found = await claims(administrator.cookie, replica);
      expect(found).toMatchObject({ sub: administrator.id });
      expect(found).not.toHaveProperty('act');
      expect(await claims(bo.cookie, replica)).toMatchObject({ sub: bo.id });
    }
  });

  it('ends by itself when the time is over, with an entry, and no request is carried out as himself unnoticed', async () => {
    const administrator = await begun();
    await rows(
      `update impersonations set ends_at = now() - interval '1 second' where administrator = '${administrator.id}'`,
    );
    await sleep(1_100);
    const refused = await world.signIn.ask('/', { headers: script(administrator.cookie) });
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([
      402,
      'session_needs_revalidation',
    ]);
    const revalidated = await world.signIn.ask('/.sign-in/revalidate', {
      method: 'POST',
      headers: script(administrator.cookie),
    });
    expect(JSON.parse(revalidated.text)).toMatchObject({ person: administrator.id });
    await eventually(async () => {
      const found = await entriesOf(administrator);
      return found.map(({ action }) => action).includes('impersonation.end') ? true : undefined;
    });
    expect(await claims(administrator.cookie)).toMatchObject({ sub: administrator.id });
  });

  it('sees no change of the person without revalidation', async () => {
    const administrator = await begun();
    await world
      .client(bo.cookie)
      .putRole({ organisation: club, role: 'clerk', permissions: ['orders.place'] });
    await world
      .client(bo.cookie)
      .createInvitation({ organisation: club, email: 'cy@example.org', roles: ['owner'] });
    const cy = world.person('cy');
    const token = await world.accounts.mail.found('cy@example.org', /#(plinth_invitation_[\w-]+)/);
    await world.client(cy.cookie).acceptInvitation({ token });
    await world
      .client(cy.cookie)
      .updateMember({ organisation: club, person: bo.id, roles: ['owner', 'clerk'] });
    await sleep(1_100);
    expect((await world.signIn.ask('/', { headers: script(administrator.cookie) })).status).toBe(402);
    await world.client(bo.cookie).getSession({});
  });

  it('closes streams that were opened before, within two seconds', async () => {
    const administrator = world.person('root');
    await world.client(administrator.cookie).getSession({});
    const stream = await world.signIn.open('/stream', { headers: script(administrator.cookie) });
    const ended = new Promise<number>((done) => {
      stream.on('data', () => undefined);
      stream.on('error', () => undefined);
      stream.once('close', () => done(Date.now()));
    });
    await world.client(administrator.cookie).beginImpersonation({ person: bo.id, reason });
    const began = Date.now();
    expect((await ended) - began).toBeLessThan(2_000);
  });
});

describe('it is refused', () => {
  const begin = (by: SignedIn, person: string, why = reason) =>
    world.client(by.cookie).beginImpersonation({ person, reason: why });

  it('for everybody who is no administrator', async () => {
    await expect(begin(bo, world.person('victim').id)).rejects.toMatchObject({ status: 403 });
  });

  it('as another administrator', async () => {
    const second = world.person('second');
    await expect(begin(world.person('root'), second.id)).rejects.toMatchObject({
      ...{ status: 403, code: 'person_is_administrator' },
    });
  });

  it('as oneself, and as nobody', async () => {
    const administrator = world.person('root');
    await expect(begin(administrator, administrator.id)).rejects.toMatchObject({ status: 400 });
    const nobody = '00000000-0000-4000-8000-000000000000';
    await expect(begin(administrator, nobody)).rejects.toMatchObject({ status: 404 });
  });

  it.each([
    ['no reason', ''],
    ['spaces for a reason', ' '.repeat(12)],
    ['a reason of one word', 'because'],
    ['a reason of 501 characters', 'x'.repeat(501)],
  ])('with %s', async (_, why) => {
    await expect(begin(world.person('root'), bo.id, why)).rejects.toMatchObject({ status: 400 });
  });

  it('a second time in the same session, whoever asks', async () => {
    const administrator = await begun();
    await expect(begin(administrator, world.person('other').id)).rejects.toMatchObject({
      ...{ status: 403, code: 'impersonating' },
    });
  });

  it('to end it where nobody acts as somebody else', async () => {
    await expect(world.client(bo.cookie).endImpersonation({})).rejects.toMatchObject({
      ...{ status: 409, code: 'not_impersonating' },
    });
  });

  it('to list or end the own sessions at the proxy', async () => {
    const administrator = await begun();
    for (const method of ['GET', 'DELETE']) {
      const got = await world.signIn.ask('/.sign-in/sessions', {
        method,
        headers: script(administrator.cookie),
      });
      expect([got.status, JSON.parse(got.text).error.code]).toEqual([403, 'impersonating']);
    }
  });
});
