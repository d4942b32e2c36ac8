import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { directoryAt } from '../../../apps/accounts/src/directory.ts';
import { IdentityFolder } from '../../../apps/kit/identity.ts';
import { freePort } from '../../free-port.ts';
import { navigation, type SignInWorld } from '../../sign-in/world.ts';
import { TestAuthority } from '../authority.ts';
import { identity } from '../world.ts';
import { asking, ProxiedAccounts, script } from './proxied-accounts.ts';
import type { AccountsWorld } from './world.ts';

/*
 * Two replicas of the proxy, each before a replica of accounts of its own, and an app behind both. A change of rights reaches every
 * request within two seconds.
 */

/** From a change to when nobody has the rights of before, in milliseconds. */
const boundMs = 2_000;

let proxied: ProxiedAccounts;
let signIn: SignInWorld;
let accounts: AccountsWorld;

beforeAll(async () => {
  proxied = await ProxiedAccounts.start('revalidation');
  ({ signIn, accounts } = proxied);
}, 120_000);

afterAll(() => proxied?.stop());

const person = (name: string) => proxied.person(name);
const client = (cookie: string, replica = 0) => proxied.client(cookie, replica);

/** An organisation of one person with another one as its member. */
async function team(): Promise<{
  owner: ReturnType<typeof person>;
  member: ReturnType<typeof person>;
  id: string;
}> {
  const [owner, member] = [person('owner'), person(`member-${randomUUID()}`)];
  const { organisation } = await client(owner.cookie).createOrganisation({ name: 'Team' });
  await client(owner.cookie).createInvitation({
    ...{ organisation: organisation.id, email: member.email, roles: ['member'] },
  });
  const token = await accounts.mail.found(member.email, /#(plinth_invitation_[\w-]+)/);
  await client(member.cookie).acceptInvitation({ token });
  await client(member.cookie).switchOrganisation({ organisation: organisation.id });
  await client(member.cookie).revalidateSession({});
  await sleep(1_100);
  return { owner, member, id: organisation.id };
}

const echoed = z.object({ headers: z.record(z.string(), z.unknown()), body: z.string() });

/** What the token says that the app got. */
function rightsIn(text: string): { organisation: string | null; roles: string[] } {
  const token = String(echoed.parse(JSON.parse(text)).headers['x-plinth-person']);
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describe('the token for an app', () => {
  it("has the session's organisation and roles, from every replica", async () => {
    const { member, id } = await team();
    for (const running of signIn.running) {
      const { status, text } = await signIn.ask('/', { headers: script(member.cookie) }, running);
      expect(status, text).toBe(200);
      expect(rightsIn(text)).toMatchObject({ organisation: id, roles: ['member'] });
    }
  });

  it('has neither for a person without an organisation', async () => {
    const { text } = await signIn.ask('/', { headers: script(person('alone').cookie) });
    expect(rightsIn(text)).toMatchObject({ organisation: null, roles: [] });
  });
});

describe('a change of rights', () => {
  it('refuses requests unprocessed with 402 until the session is revalidated', async () => {
    const { owner, member, id } = await team();
    await client(owner.cookie).updateMember({
      organisation: id,
      person: member.id,
      roles: ['administrator'],
    });
    await sleep(1_100);
    const before = signIn.app.asked.length;
    const order = { method: 'POST', headers: script(member.cookie), body: 'what was typed' };
    const refused = await signIn.ask('/orders', order);
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([
      402,
      'session_needs_revalidation',
    ]);
    expect(signIn.app.asked.length).toBe(before);
    const other = await signIn.ask('/orders', order, signIn.running[1]);
    expect(other.status).toBe(402);

    const revalidated = await signIn.ask('/.sign-in/revalidate', {
      method: 'POST',
      headers: script(member.cookie),
    });
    expect([revalidated.status, JSON.parse(revalidated.text)]).toEqual([
      200,
      { person: member.id, organisation: id, roles: ['administrator'] },
    ]);
    // At once, also at the replica that had refused.
    for (const running of signIn.running) {
      const { status, text } = await signIn.ask('/orders', order, running);
      expect([status, echoed.parse(JSON.parse(text)).body]).toEqual([200, 'what was typed']);
      expect(rightsIn(text).roles).toEqual(['administrator']);
    }
  });

  it('makes the generated client revalidate and repeat the request', async () => {
    const { owner, member, id } = await team();
    await client(owner.cookie).updateMember({
      organisation: id,
      person: member.id,
      roles: ['administrator'],
    });
    await sleep(1_100);
    const { role } = await client(member.cookie).putRole({
      ...{ organisation: id, role: 'helper', description: 'typed once', permissions: ['members.read'] },
    });
    expect(role.description).toBe('typed once');
  });

  it('shows a page with a button to a browser, which leads back to the opened page', async () => {
    const { owner, member, id } = await team();
    await client(owner.cookie).removeMember({ organisation: id, person: member.id });
    await sleep(1_100);
    const shown = await signIn.ask('/orders?page=2', { headers: { cookie: member.cookie, ...navigation } });
    expect(shown.status).toBe(402);
    const [, action = ''] = /<form method="post" action="([^"]+)">/.exec(shown.text) ?? [];
    const pressed = await signIn.ask(action, {
      method: 'POST',
      headers: { cookie: member.cookie, origin: 'https://shop.test:8443', ...navigation },
    });
    expect([pressed.status, pressed.headers.location]).toEqual([303, 'https://shop.test:8443/orders?page=2']);
    const { text } = await signIn.ask('/', { headers: script(member.cookie) });
    expect(rightsIn(text)).toMatchObject({ organisation: null, roles: [] });
  });

  it('of a role affects exactly the people who have it', async () => {
    const { owner, member, id } = await team();
    const byOwner = client(owner.cookie);
    await byOwner.putRole({ organisation: id, role: 'clerk', permissions: ['orders.place'] });
    await byOwner.updateMember({ organisation: id, person: member.id, roles: ['clerk'] });
    await client(member.cookie).revalidateSession({});
    await byOwner.putRole({ organisation: id, role: 'clerk', permissions: ['orders.read'] });
    await sleep(1_100);
    expect((await signIn.ask('/', { headers: script(member.cookie) })).status).toBe(402);
    expect((await signIn.ask('/', { headers: script(owner.cookie) })).status).toBe(200);
  });

  it('closes a stream with the previous rights within two seconds', async () => {
    const { owner, member, id } = await team();
    const stream = await signIn.open('/stream', { headers: script(member.cookie) });
    const ended = new Promise<number>((done) => {
      stream.on('data', () => undefined);
      stream.once('close', () => done(Date.now()));
      stream.on('error', () => undefined);
    });
    await client(owner.cookie).updateMember({
      organisation: id,
      person: member.id,
      roles: ['administrator'],
    });
    const changed = Date.now();
    expect((await ended) - changed).toBeLessThan(boundMs);
  });

  it('cannot be revalidated by another site or a link', async () => {
    const { member } = await team();
    const foreign = { cookie: member.cookie, 'sec-fetch-mode': 'cors', origin: 'https://evil.test' };
    expect((await signIn.ask('/.sign-in/revalidate', { method: 'POST', headers: foreign })).status).toBe(403);
    expect((await signIn.ask('/.sign-in/revalidate', { headers: script(member.cookie) })).status).toBe(405);
    const away = await signIn.ask(`/.sign-in/revalidate?to=${encodeURIComponent('//evil.test/')}`, {
      method: 'POST',
      headers: { cookie: member.cookie, origin: 'https://shop.test:8443', ...navigation },
    });
    expect([away.status, away.headers.location]).toEqual([303, 'https://shop.test:8443/']);
  });
});

describe('under load', () => {
  it('no request two seconds after a change has the previous rights, at any replica', async () => {
    const { owner, member, id } = await team();
    const passed: { began: number; roles: string }[] = [];
    const statuses = new Map<number, number>();
    const end = Date.now() + 9_000;
    const visitor = async (n: number) => {
      for (let i = n; Date.now() < end; i++) {
        const began = Date.now();
        const running = signIn.running[i % 2];
        const { status, text } = await signIn.ask('/', { headers: script(member.cookie) }, running);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 200) passed.push({ began, roles: rightsIn(text).roles.join() });
        if (status === 402) {
          await signIn.ask(
            '/.sign-in/revalidate',
            { method: 'POST', headers: script(member.cookie) },
            running,
          );
        }
      }
    };
    const visitors = Promise.all(Array.from({ length: 16 }, (_, n) => visitor(n)));
    const changes: { at: number; roles: string }[] = [{ at: 0, roles: 'member' }];
    for (const role of ['administrator', 'member', 'administrator']) {
      await sleep(2_200);
      await client(owner.cookie).updateMember({ organisation: id, person: member.id, roles: [role] });
      changes.push({ at: Date.now(), roles: role });
    }
    await visitors;
    const wrong = passed.filter(({ began, roles }) => {
      const settled = changes.filter(({ at }) => at + boundMs <= began).at(-1);
      const open = changes.filter(({ at }) => at + boundMs > began && at <= began + boundMs);
      return ![settled, ...open].some((each) => each?.roles === roles);
    });
    expect(wrong).toEqual([]);
    // On a machine that has too much to do nobody is let in for a moment, which gives nobody old rights.
    expect([...statuses.keys()].filter((status) => ![200, 402, 503].includes(status))).toEqual([]);
    expect(statuses.get(402)).toBeGreaterThanOrEqual(3);
    expect(new Set(passed.map(({ roles }) => roles))).toEqual(new Set(['member', 'administrator']));
    console.log(`revalidation under load: ${JSON.stringify(Object.fromEntries(statuses))}`);
  }, 60_000);

  it('without an answer of accounts a request gets 503 instead of a sign-in page', async () => {
    const { member } = await team();
    const lost = await signIn.startReplica(asking(await freePort()));
    const { status, text } = await signIn.ask('/', { headers: script(member.cookie) }, lost);
    expect([status, JSON.parse(text).error.code]).toEqual([503, 'sign_in_unavailable']);
  });
});

describe('the directory of people', () => {
  it('answers only apps that manage people', async () => {
    const { id, email } = person('listed');
    const at = signIn.keysAddress.replace('/keys', '/people');
    const as = async (name: string) =>
      directoryAt(at, new IdentityFolder(await identity(signIn.authority, name)));
    expect(await (await as('accounts')).fetch(id)).toMatchObject({ id, email, verified: [email] });
    expect(await (await as('orders')).fetch(id)).toBeUndefined();
    expect(await (await as('accounts')).fetch('../../admin/identities')).toBeUndefined();
    expect(await (await as('accounts')).fetch(`${id}/recovery`)).toBeUndefined();
    signIn.kratos.answers.set('GET /admin/identities', { status: 200, body: [{ id, traits: { email } }] });
    expect(await (await as('accounts')).fetchPage('')).toMatchObject({
      people: [{ id, email }],
      nextPage: '',
    });
    expect(await (await as('orders')).fetchPage('')).toEqual({ people: [], nextPage: '' });
    const device = { user_agent: 'Browser 1', ip_address: '192.0.2.1' };
    const session = {
      id: 's1',
      authenticated_at: '2026-01-01T00:00:00Z',
      expires_at: '2026-01-02T00:00:00Z',
    };
    signIn.kratos.answers.set(`GET /admin/identities/${id}/sessions`, {
      status: 200,
      body: [
        { ...session, active: true, devices: [device] },
        { ...session, active: false },
      ],
    });
    expect(await (await as('accounts')).fetchSessions(id)).toEqual([
      {
        ...{ id: 's1', agent: 'Browser 1', address: '192.0.2.1' },
        ...{ signedInAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-02T00:00:00.000Z' },
      },
    ]);
    signIn.kratos.answers.set(`DELETE /admin/identities/${id}/sessions`, { status: 204 });
    await (await as('accounts')).destroySessions(id);
    expect(signIn.kratos.asked.map(({ method, path }) => `${method} ${path}`)).toContain(
      `DELETE /admin/identities/${id}/sessions`,
    );
    const strangers = await TestAuthority.make('elsewhere');
    const stranger = directoryAt(at, new IdentityFolder(await identity(strangers, 'accounts')));
    await expect(stranger.fetch(id)).rejects.toMatchObject({ code: 14 });
  });
});
