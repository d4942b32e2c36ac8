import { Metadata, status } from '@grpc/grpc-js';
import { Validator } from '@seriousme/openapi-schema-validator';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { accountsDocument } from '../../../apps/accounts/src/document.ts';
import { Retention } from '../../../apps/accounts/src/retention.ts';
import { routes } from '../../../apps/accounts/src/routes.ts';
import { ask } from '../../../apps/kit/client.ts';
import { Database, databaseAccess } from '../../../apps/kit/database.ts';
import type { CreateOrganisationResponse } from '../../../apps/kit/generated/accounts.ts';
import { type AccountsApi, accountsRoutes } from '../../../apps/kit/generated/accounts-rest.ts';
import { JobState, JobsServiceClient } from '../../../apps/kit/generated/jobs.ts';
import { personHeader } from '../../../apps/kit/person.ts';
import { RestRefusal, restClient } from '../../../apps/kit/rest-client.ts';
import { runWorker } from '../../../apps/orders/src/worker.ts';
import { databaseName } from '../../../model/schema/database.ts';
import { asSuperuser } from '../postgres.ts';
import { connect, eventually, identity, loginAs, type Running, runJobs } from '../world.ts';
import { AccountsWorld } from './world.ts';

let world: AccountsWorld;
let jobs: Running;
let ada: string;
let organisation: string;

const at = () => `/v1/organisations/${organisation}`;

beforeAll(async () => {
  jobs = await runJobs('jobs-of-accounts', ['orders', 'accounts'], inject('postgres'), {
    OVERSEERS: 'accounts',
  });
  world = await AccountsWorld.start('accounts', {
    JOBS_ADDRESS: jobs.address,
    JOBS_IDENTITY_DIR: await identity(jobs.authority, 'accounts'),
  });
  ada = world.token('ada');
  organisation = await world.organisation(ada, 'Ada & Co');
}, 120_000);

// A token is valid for a minute.
beforeEach(() => {
  ada = world.token('ada');
});

afterAll(async () => {
  await world?.stop();
  await jobs?.service.stop();
});

describe('an organisation', () => {
  it('belongs to its creator, who can read, rename and list it', async () => {
    expect(await world.ask('GET', at(), { token: ada })).toMatchObject({
      status: 200,
      body: { organisation: { id: organisation, name: 'Ada & Co', auditDays: 365 } },
    });
    await world.done('PATCH', at(), { token: ada, body: { name: 'Ada Ltd', auditDays: 90 } });
    expect(await world.done('GET', '/v1/organisations', { token: ada })).toMatchObject({
      organisations: [{ id: organisation, name: 'Ada Ltd', auditDays: 90 }],
    });
    expect(await world.done('GET', `${at()}/members`, { token: ada })).toMatchObject({
      members: [{ person: 'ada', email: 'ada@example.org', roles: ['owner'] }],
      nextPageToken: '',
    });
  });

  it('cannot lose its last owner', async () => {
    const leave = await world.ask('DELETE', `${at()}/members/ada`, { token: ada });
    expect(leave).toMatchObject({ status: 409, body: { error: { code: 'last_owner' } } });
    const demote = await world.ask('PUT', `${at()}/members/ada`, { token: ada, body: { roles: ['member'] } });
    expect(demote).toMatchObject({ status: 409, body: { error: { code: 'last_owner' } } });
  });

  it('is deleted with members, roles, invitations and keys, and its audit log stays', async () => {
    const other = await world.organisation(ada, 'Short-lived');
    const path = `/v1/organisations/${other}`;
    await world.join(other, ada, 'vic', ['member']);
    await world.done('POST', `${path}/keys`, { token: ada, body: { name: 'k', scopes: [] } });
    await world.done('DELETE', path, { token: ada });
    expect((await world.ask('GET', path, { token: ada })).status).toBe(404);
    const rows = await asSuperuser(
      inject('postgres'),
      databaseName(world.database),
      `select action from audit_entries where organisation = '${other}' order by at`,
    );
    expect(rows.map(({ action }) => action)).toEqual([
      'organisation.create',
      'invitation.create',
      'invitation.accept',
      'key.create',
      'organisation.delete',
    ]);
  });
});

describe('an invitation', () => {
  it('makes the invited person a member, once', async () => {
    const token = await world.invite(organisation, ada, 'bo', ['member']);
    expect(await world.done('GET', `${at()}/invitations`, { token: ada })).toMatchObject({
      invitations: [{ email: 'bo@example.org', roles: ['member'], invitedBy: 'ada' }],
    });
    const accept = { token: world.token('bo'), body: { token } };
    expect(await world.ask('POST', '/v1/invitations/accept', accept)).toMatchObject({
      status: 200,
      body: { organisation: { id: organisation } },
    });
    expect(await world.ask('POST', '/v1/invitations/accept', accept)).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_invitation' } },
    });
    expect(await world.done('GET', `${at()}/invitations`, { token: ada })).toEqual({ invitations: [] });
  });

  it('is valid only for its own address, once that is verified', async () => {
    const token = await world.invite(organisation, ada, 'cy', ['member']);
    const accept = (person: string) =>
      world.ask('POST', '/v1/invitations/accept', { token: world.token(person), body: { token } });
    expect((await accept('mallory')).status).toBe(404);
    world.directory.people.set('cy', { id: 'cy', email: 'cy@example.org', name: '', verified: [] });
    expect((await accept('cy')).status).toBe(404);
    world.directory.people.set('cy', {
      id: 'cy',
      email: 'cy@example.org',
      name: '',
      verified: ['cy@example.org'],
    });
    expect((await accept('cy')).status).toBe(200);
  });

  it('is accepted once by concurrent requests', async () => {
    const token = await world.invite(organisation, ada, 'dee', ['member']);
    const accept = { token: world.token('dee'), body: { token } };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => world.ask('POST', '/v1/invitations/accept', accept)),
    );
    expect(answers.map((each) => each.status).sort()).toEqual([200, ...Array<number>(7).fill(404)]);
  });

  it('is invalid after it is revoked', async () => {
    const token = await world.invite(organisation, ada, 'eli', ['member']);
    const { invitations } = await world.done<{ invitations: { id: string }[] }>(
      'GET',
      `${at()}/invitations`,
      {
        token: ada,
      },
    );
    await world.done('DELETE', `${at()}/invitations/${invitations[0]?.id}`, { token: ada });
    const accept = { token: world.token('eli'), body: { token } };
    expect((await world.ask('POST', '/v1/invitations/accept', accept)).status).toBe(404);
  });

  it('gives no role that its author may not give any more', async () => {
    const other = await world.organisation(ada, 'Changing');
    await world.join(other, ada, 'flo', ['administrator']);
    const token = await world.invite(other, world.token('flo'), 'gus', ['administrator']);
    await world.done('PUT', `/v1/organisations/${other}/members/flo`, {
      token: ada,
      body: { roles: ['member'] },
    });
    const accept = { token: world.token('gus'), body: { token } };
    expect(await world.ask('POST', '/v1/invitations/accept', accept)).toMatchObject({
      status: 403,
      body: { error: { code: 'beyond_own_rights' } },
    });
  });

  it('has a one-line subject for any name of the organisation', async () => {
    const other = await world.organisation(ada, 'Two\nlines <b>bold</b>');
    await world.invite(other, ada, 'hal', ['member']);
    const text = world.mail.to('hal@example.org').at(-1)?.text ?? '';
    expect(text).toContain('Subject: Invitation to Two lines <b>bold</b>');
    expect(text).toContain('Content-Type: text/plain');
  });
});

describe('rights', () => {
  it('of an administrator exclude changes of the owner and actions of owners only', async () => {
    const other = await world.organisation(ada, 'Ranks');
    const path = `/v1/organisations/${other}`;
    await world.join(other, ada, 'ida', ['administrator']);
    const ida = world.token('ida');
    const tries = [
      world.ask('DELETE', `${path}/members/ada`, { token: ida }),
      world.ask('PUT', `${path}/members/ada`, { token: ida, body: { roles: ['member'] } }),
      world.ask('PUT', `${path}/members/ida`, { token: ida, body: { roles: ['owner'] } }),
      world.ask('PUT', `${path}/roles/clerk`, { token: ida, body: { permissions: ['orders.place'] } }),
      world.ask('POST', `${path}/keys`, { token: ida, body: { name: 'k', scopes: ['organisation.delete'] } }),
      world.ask('POST', `${path}/invitations`, {
        token: ida,
        body: { email: 'x@example.org', roles: ['owner'] },
      }),
      world.ask('DELETE', path, { token: ida }),
    ];
    for (const { status, body } of await Promise.all(tries)) {
      expect([status, body]).toEqual([
        403,
        { error: expect.objectContaining({ message: expect.any(String) }) },
      ]);
    }
  });

  it('come from roles, including roles with permissions of other apps', async () => {
    await world.done('PUT', `${at()}/roles/clerk`, { token: ada, body: { permissions: ['orders.place'] } });
    await world.join(organisation, ada, 'jo', ['clerk']);
    const check = async (permission: string) =>
      (
        await world.done<{ allowed: boolean }>('POST', `${at()}/check`, {
          token: world.token('jo'),
          body: { permission },
        })
      ).allowed;
    expect(await check('orders.place')).toBe(true);
    expect(await check('orders.cancel')).toBe(false);
    const deleted = await world.ask('DELETE', `${at()}/roles/clerk`, { token: ada });
    expect(deleted).toMatchObject({ status: 409, body: { error: { code: 'role_in_use' } } });
    const builtIn = await world.ask('PUT', `${at()}/roles/owner`, { token: ada, body: { permissions: [] } });
    expect(builtIn).toMatchObject({ status: 409, body: { error: { code: 'built_in_role' } } });
  });
});

describe('roles', () => {
  it('are the built-in and the added ones, until they are deleted', async () => {
    const path = `/v1/organisations/${await world.organisation(ada, 'Roles')}/roles`;
    const names = async () =>
      (await world.done<{ roles: { name: string }[] }>('GET', path, { token: ada })).roles.map(
        ({ name }) => name,
      );
    await world.done('PUT', `${path}/clerk`, { token: ada, body: { permissions: ['orders.place'] } });
    expect(await names()).toEqual(['administrator', 'member', 'owner', 'clerk']);
    await world.done('DELETE', `${path}/clerk`, { token: ada });
    expect(await names()).toEqual(['administrator', 'member', 'owner']);
  });
});

describe('a session', () => {
  it('acts for one organisation, and for another after a switch and a revalidation', async () => {
    const nat = world.token('nat');
    expect(await world.done('GET', '/v1/session', { token: nat })).toMatchObject({
      session: { person: 'nat', state: 'valid', organisation: '', roles: [], permissions: [] },
    });
    const [first, second] = [await world.organisation(nat, 'First'), await world.organisation(nat, 'Second')];
    expect(await world.done('GET', '/v1/session', { token: nat })).toMatchObject({
      session: { state: 'valid', organisation: first, roles: ['owner'], permissions: ['*'] },
    });
    const body = { organisation: second };
    expect(await world.done('PUT', '/v1/session/organisation', { token: nat, body })).toMatchObject({
      session: { state: 'needs_revalidation', organisation: second },
    });
    expect(await world.done('POST', '/v1/session/revalidate', { token: nat })).toMatchObject({
      session: { state: 'valid', organisation: second },
    });
    await world.done('DELETE', `/v1/organisations/${second}`, { token: nat });
    expect(await world.done('GET', '/v1/session', { token: nat })).toMatchObject({
      session: { state: 'needs_revalidation', roles: [], permissions: [] },
    });
    expect(await world.done('POST', '/v1/session/revalidate', { token: nat })).toMatchObject({
      session: { state: 'valid', organisation: first },
    });
  });
});

describe('an API key', () => {
  const make = (scopes: string[]) =>
    world.done<{ key: { id: string; prefix: string }; secret: string }>('POST', `${at()}/keys`, {
      token: ada,
      body: { name: 'ci', scopes },
    });

  it('may do what its scopes allow in its organisation, and no operation for people', async () => {
    const { key, secret } = await make(['members.read']);
    expect(secret.startsWith(key.prefix)).toBe(true);
    expect((await world.ask('GET', `${at()}/members`, { key: secret })).status).toBe(200);
    expect((await world.ask('GET', `${at()}/audit`, { key: secret })).status).toBe(403);
    expect((await world.ask('GET', '/v1/session', { key: secret })).status).toBe(403);
    const other = await world.organisation(ada, 'Another');
    expect((await world.ask('GET', `/v1/organisations/${other}/members`, { key: secret })).status).toBe(404);
    expect(await world.done('GET', `${at()}/keys`, { token: ada })).toMatchObject({
      keys: [expect.objectContaining({ id: key.id, lastUsedAt: expect.any(String) })],
    });
  });

  it('is stored in the database only as a hash', async () => {
    const { secret } = await make([]);
    const rows = await asSuperuser(
      inject('postgres'),
      databaseName(world.database),
      'select to_jsonb(k) as k from api_keys k',
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(-20));
  });

  it('is verified for a service with a certificate, until it is revoked', async () => {
    const { key, secret } = await make(['orders.place']);
    const verify = () => world.ask('POST', '/v1/keys/verify', { body: { secret } });
    expect(await verify()).toMatchObject({
      status: 200,
      body: { key: { id: key.id, scopes: ['orders.place'] } },
    });
    await world.done('DELETE', `${at()}/keys/${key.id}`, { token: ada });
    expect((await verify()).status).toBe(404);
    expect((await world.ask('GET', at(), { key: secret })).status).toBe(401);
  });

  it('expires on time, and cannot be valid for more than a year', async () => {
    const soon = new Date(Date.now() + 1_500).toISOString();
    const { secret } = await world.done<{ secret: string }>('POST', `${at()}/keys`, {
      token: ada,
      body: { name: 'short', scopes: [], expiresAt: soon },
    });
    expect((await world.ask('GET', at(), { key: secret })).status).toBe(200);
    await new Promise((done) => setTimeout(done, 1_700));
    expect((await world.ask('GET', at(), { key: secret })).status).toBe(401);
    const late = new Date(Date.now() + 400 * 86_400_000).toISOString();
    const refused = await world.ask('POST', `${at()}/keys`, {
      token: ada,
      body: { name: 'long', scopes: [], expiresAt: late },
    });
    expect(refused.status).toBe(400);
  });

  it('loses the permissions that its creator loses', async () => {
    const other = await world.organisation(ada, 'Keys');
    const path = `/v1/organisations/${other}`;
    await world.join(other, ada, 'kim', ['administrator']);
    const { secret } = await world.done<{ secret: string }>('POST', `${path}/keys`, {
      token: world.token('kim'),
      body: { name: 'k', scopes: ['members.read', 'audit.read'] },
    });
    expect((await world.ask('GET', `${path}/audit`, { key: secret })).status).toBe(200);
    await world.done('PUT', `${path}/members/kim`, { token: ada, body: { roles: ['member'] } });
    expect((await world.ask('GET', `${path}/audit`, { key: secret })).status).toBe(403);
    expect((await world.ask('GET', `${path}/members`, { key: secret })).status).toBe(200);
    await world.done('DELETE', `${path}/members/kim`, { token: ada });
    expect((await world.ask('GET', `${path}/members`, { key: secret })).status).toBe(403);
  });
});

describe('the audit log', () => {
  it('has actor, action, target, origin and the state before and after', async () => {
    const other = await world.organisation(ada, 'Watched');
    const path = `/v1/organisations/${other}`;
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    await world.done('PATCH', path, { token: ada, body: { name: 'Watched 2' }, headers });
    const { entries } = await world.done<{ entries: object[] }>('GET', `${path}/audit`, { token: ada });
    expect(entries[0]).toMatchObject({
      actor: 'person:ada',
      action: 'organisation.update',
      subject: `organisation:${other}`,
      address: '203.0.113.9',
      app: 'accounts',
      before: { name: 'Watched' },
      after: { name: 'Watched 2' },
    });
  });

  it('is read page by page in both directions, each entry once', async () => {
    const other = await world.organisation(ada, 'Paged');
    const path = `/v1/organisations/${other}`;
    for (let i = 0; i < 7; i++) await world.done('PATCH', path, { token: ada, body: { name: `Paged ${i}` } });
    const all = async (query: string) => {
      const ids: string[] = [];
      for (let token = ''; ; ) {
        const page = await world.done<{ entries: { id: string }[]; nextPageToken: string }>(
          'GET',
          `${path}/audit?pageSize=3${query}&pageToken=${encodeURIComponent(token)}`,
          { token: ada },
        );
        ids.push(...page.entries.map(({ id }) => id));
        token = page.nextPageToken;
        if (token === '') return ids;
      }
    };
    const newest = await all('');
    expect(newest).toHaveLength(8);
    expect(await all('&oldestFirst=true')).toEqual([...newest].reverse());
  });

  it('cannot be changed by the role of the service or the owner of the tables', async () => {
    for (const access of ['read-write', 'owner'] as const) {
      const login = databaseAccess('test', await loginAs(world.database, access));
      const client = new pg.Client(login.config);
      await client.connect();
      for (const statement of [
        "update audit_entries set actor = 'person:eve'",
        'delete from audit_entries',
        'truncate audit_entries',
      ]) {
        await expect(client.query(statement), `${access}: ${statement}`).rejects.toMatchObject({
          code: '42501',
        });
      }
      await client.end();
      login.close();
    }
  });

  it('is deleted after its retention, and not before', async () => {
    const [at, name] = [inject('postgres'), databaseName(world.database)];
    await asSuperuser(
      at,
      name,
      "insert into audit_entries (actor, action, subject, address, app, keep_until) values ('person:old', 'x', 'x', '', '', now() - interval '1 second')",
    );
    const before = await asSuperuser(at, name, 'select count(*)::int as count from audit_entries');
    const database = new Database(databaseAccess('test', await loginAs(world.database, 'read-write')));
    await new Retention(database).run();
    await database.close();
    const after = await asSuperuser(at, name, 'select count(*)::int as count from audit_entries');
    expect(after[0]?.count).toBe(Number(before[0]?.count) - 1);
  });
});

describe('a person', () => {
  it('can export all personal data, and is deleted with it except for the id in the log', async () => {
    const other = await world.organisation(ada, 'Left');
    await world.join(other, ada, 'lea', ['administrator']);
    const lea = world.token('lea');
    await world.done('GET', '/v1/session', { token: lea });
    const { document } = await world.done<{ document: Record<string, unknown> }>('GET', '/v1/person/export', {
      token: lea,
    });
    expect(document).toMatchObject({
      account: { id: 'lea', email: 'lea@example.org' },
      organisations: [{ id: other, roles: ['administrator'] }],
      sessions: [{ id: 'session-of-lea' }],
      audit: [{ action: 'invitation.accept' }],
    });
    const wrong = await world.ask('POST', '/v1/person/delete', {
      token: lea,
      body: { email: 'ada@example.org' },
    });
    expect(wrong.status).toBe(400);
    await world.done('POST', '/v1/person/delete', { token: lea, body: { email: 'lea@example.org' } });
    expect(world.directory.people.has('lea')).toBe(false);
    const rows = await asSuperuser(
      inject('postgres'),
      databaseName(world.database),
      "select to_jsonb(p)::text as row from people p union all select to_jsonb(m)::text from members m union all select to_jsonb(s)::text from sessions s union all select to_jsonb(i)::text from invitations i union all select to_jsonb(a)::text from audit_entries a where action = 'person.delete'",
    );
    expect(rows.filter(({ row }) => String(row).includes('lea@example.org'))).toEqual([]);
  });

  it('who is the last owner of an organisation cannot be deleted', async () => {
    const mia = world.token('mia');
    await world.organisation(mia, 'Alone');
    expect(
      await world.ask('POST', '/v1/person/delete', { token: mia, body: { email: 'mia@example.org' } }),
    ).toMatchObject({ status: 409, body: { error: { code: 'last_owner' } } });
    expect(world.directory.people.has('mia')).toBe(true);
  });
});

describe('an administrator of the platform', () => {
  it('sees people, organisations and the full log, and can sign a person out, which is logged', async () => {
    const root = world.token('root');
    expect(await world.done('GET', '/v1/platform', { token: root })).toEqual({ administrator: true });
    const { people } = await world.done<{ people: object[] }>('GET', '/v1/platform/people', { token: root });
    expect(people).toContainEqual(expect.objectContaining({ id: 'ada', email: 'ada@example.org' }));
    const page = await world.done<{ organisations: object[]; nextPageToken: string }>(
      ...['GET', '/v1/platform/organisations?pageSize=1', { token: root }],
    );
    expect([page.organisations.length, page.nextPageToken === '']).toEqual([1, false]);
    expect(await world.done('GET', '/v1/platform/people/ada/sessions', { token: root })).toEqual({
      sessions: [],
    });
    await world.done('DELETE', '/v1/platform/people/ada/sessions', { token: root });
    expect(world.directory.signedOut).toEqual(['ada']);
    expect(await world.done('GET', '/v1/platform/audit?pageSize=1', { token: root })).toMatchObject({
      entries: [{ actor: 'person:root', action: 'sessions.revoke', subject: 'person:ada' }],
    });
  });

  it('is a person with a verified listed address only', async () => {
    const is = (person: string) => world.done('GET', '/v1/platform', { token: world.token(person) });
    expect(await is('ada')).toEqual({ administrator: false });
    world.directory.people.set('sue', { id: 'sue', email: 'root@example.org', name: '', verified: [] });
    expect(await is('sue')).toEqual({ administrator: false });
    expect((await world.ask('GET', '/v1/platform/people', { token: world.token('sue') })).status).toBe(403);
    expect((await world.ask('GET', '/v1/platform/people', { token: ada })).status).toBe(403);
    world.directory.people.set('sue', {
      id: 'sue',
      email: 'x@example.org',
      name: '',
      verified: ['second@example.org'],
    });
    expect(await is('sue')).toEqual({ administrator: true });
  });
});

describe('the queue, for an administrator of the platform', () => {
  const queue = 'orders.confirm';
  const at = `/v1/platform/queues/${queue}/jobs`;
  let orders: JobsServiceClient;
  let root: string;
  const of = async <Body>(method: string, path: string): Promise<Body> =>
    world.done<Body>(method, path, { token: root });

  beforeAll(async () => {
    orders = connect(JobsServiceClient, jobs.address, await identity(jobs.authority, 'orders'));
  });
  beforeEach(() => {
    root = world.token('root');
  });
  afterAll(() => orders?.close());

  it('shows a job of another app that failed, without its payload, and has it tried again, which is logged', async () => {
    const payload = { order: 'of somebody' };
    const { id } = await ask(orders, orders.enqueue, {
      ...{ queue, payload, idempotencyKey: '', priority: 0, runAt: undefined, timeoutSeconds: undefined },
      retry: { limit: 0, delaySeconds: undefined, delayMaxSeconds: undefined },
    });
    const worker = runWorker(orders, { queue, concurrency: 1 }, () =>
      Promise.reject(new Error('no such order')),
    );
    const dead = await eventually(async () => {
      const { jobs: found } = await of<{ jobs: { id: string }[] }>('GET', `${at}?state=dead`);
      return found.find((job) => job.id === id);
    });
    await worker.stop();
    expect(dead).toEqual({
      ...{ id, state: 'dead', attempts: 1, attemptsMax: 1, failure: 'no such order' },
      ...{ createdAt: expect.any(String), finishedAt: expect.any(String) },
    });
    expect(await of('GET', '/v1/platform/queues')).toEqual({
      queues: [{ name: queue, queued: 0, active: 0, retry: 0, completed: 0, cancelled: 0, dead: 1 }],
    });
    expect(await of('POST', `${at}/${id}/retry`)).toMatchObject({ job: { id, state: 'retry' } });
    expect(await of('GET', '/v1/platform/audit?pageSize=1')).toMatchObject({
      entries: [{ actor: 'person:root', action: 'job.retry', subject: `job:${queue}/${id}` }],
    });
    expect(await world.ask('POST', `${at}/${id}/retry`, { token: root })).toMatchObject({ status: 409 });
  });

  it('says where there is no such job', async () => {
    expect(await world.ask('POST', `${at}/${organisation}/retry`, { token: root })).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining(organisation) } },
    });
  });

  it('gives this service no more than that: it cannot make, cancel or do jobs of another app', async () => {
    const own = connect(JobsServiceClient, jobs.address, await identity(jobs.authority, 'accounts'));
    const denied = { code: status.PERMISSION_DENIED };
    const job = {
      ...{ queue, payload: {}, idempotencyKey: '', priority: 0 },
      ...{ runAt: undefined, retry: undefined, timeoutSeconds: undefined },
    };
    await expect(ask(own, own.enqueue, job)).rejects.toMatchObject(denied);
    await expect(ask(own, own.cancelJob, { queue, id: organisation })).rejects.toMatchObject(denied);
    await expect(ask(own, own.deleteSchedule, { queue, key: 'k' })).rejects.toMatchObject(denied);
    own.close();
    const shop = connect(JobsServiceClient, jobs.address, await identity(jobs.authority, 'orders'));
    const others = {
      queue: 'accounts.other',
      state: JobState.JOB_STATE_UNSPECIFIED,
      pageSize: 1,
      pageToken: '',
    };
    await expect(ask(shop, shop.listJobs, others)).rejects.toMatchObject(denied);
    shop.close();
  });
});

it('an administrator sees the members and roles of every organisation', async () => {
  const path = `/v1/platform/organisations/${organisation}`;
  const root = world.token('root');
  const { members } = await world.done<{ members: object[] }>('GET', `${path}/members`, { token: root });
  expect(members).toContainEqual(expect.objectContaining({ person: 'ada', roles: ['owner'] }));
  const { roles } = await world.done<{ roles: object[] }>('GET', `${path}/roles`, { token: root });
  expect(roles).toContainEqual(expect.objectContaining({ name: 'owner', permissions: ['*'] }));
});

it('an administrator acts as a person until he ends it, and the sessions of a person are listed by their last use', async () => {
  world.directory.add('bea');
  const root = world.token('root', { session: 'of-root' });
  const { impersonation } = await world.done<{ impersonation: { id: string } }>(
    'POST',
    '/v1/platform/people/bea/impersonation',
    { token: root, body: { reason: 'A test of the contract' } },
  );
  const token = world.token('bea', { session: impersonation.id, actor: 'root' });
  expect(await world.done('GET', '/v1/person/session-uses', { token })).toMatchObject({
    uses: [{ session: impersonation.id }],
  });
  await world.done('DELETE', '/v1/session/impersonation', { token });
});

describe('the interfaces of accounts', () => {
  it('gRPC performs the same operation with the same answer as REST', async () => {
    const client = world.client();
    const metadata = new Metadata();
    metadata.set(personHeader, ada);
    const made = await new Promise<CreateOrganisationResponse>((done, fail) =>
      client.createOrganisation({ name: 'By gRPC' }, metadata, (error, answer) =>
        error ? fail(error) : done(answer),
      ),
    );
    expect(made.organisation).toMatchObject({ name: 'By gRPC', auditDays: 365, createdAt: expect.any(Date) });
    expect(await world.done('GET', `/v1/organisations/${made.organisation?.id}`, { token: ada })).toEqual({
      organisation: { ...made.organisation, createdAt: made.organisation?.createdAt?.toISOString() },
    });
    const refused = new Promise((done, fail) =>
      client.getOrganisation(
        { organisation: made.organisation?.id ?? '' },
        new Metadata(),
        (error, answer) => (error ? fail(error) : done(answer)),
      ),
    );
    await expect(refused).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    client.close();
  });

  it('the OpenAPI document is valid, and has every operation of the contract', async () => {
    expect((await new Validator().validate({ ...accountsDocument() })).errors).toBeUndefined();
    expect(await world.done('GET', '/openapi.json')).toEqual(JSON.parse(JSON.stringify(accountsDocument())));
    expect(routes.map(({ id }) => id).sort()).toEqual(Object.keys(accountsRoutes).sort());
  });

  it('the generated client sends path, query and body', async () => {
    const client = restClient<AccountsApi>({
      routes: accountsRoutes,
      base: 'https://accounts.invalid',
      fetch: async (input, init) => {
        const { pathname, search } = new URL(String(input));
        const body = init?.body === undefined ? {} : { body: JSON.parse(String(init.body)) };
        const got = await world.ask(init?.method ?? 'GET', `${pathname}${search}`, { token: ada, ...body });
        return new Response(got.status === 204 ? null : JSON.stringify(got.body), { status: got.status });
      },
    });
    const { organisation: made } = await client.createOrganisation({ name: 'By the client' });
    const { role } = await client.putRole({
      organisation: made.id,
      role: 'clerk',
      permissions: ['orders.place'],
    });
    expect(role).toEqual({ name: 'clerk', description: '', permissions: ['orders.place'], builtIn: false });
    const { entries } = await client.listAuditEntries({
      organisation: made.id,
      pageSize: 1,
      oldestFirst: true,
    });
    expect(entries.map(({ action }) => action)).toEqual(['organisation.create']);
    await client.deleteOrganisation({ organisation: made.id });
    await expect(client.getOrganisation({ organisation: made.id })).rejects.toMatchObject({
      ...{ name: RestRefusal.name, status: 404, code: 'not_found' },
    });
  });
});

it('every operation of the contract is performed by a test above', () => {
  const missing = routes.filter(({ method, path }) => {
    const pattern = new RegExp(`^${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    return ![...world.carriedOut].some((each) => pattern.test(each));
  });
  expect(missing.map(({ id }) => id)).toEqual([]);
});
