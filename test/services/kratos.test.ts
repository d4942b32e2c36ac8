import { X509Certificate } from 'node:crypto';
import { readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { databaseRole } from '../../model/schema/database.ts';
import { tablesScript } from '../../operators/kratos/chart.ts';
import { mappers } from '../../operators/kratos/providers.ts';
import { databaseAddress } from '../../operators/kratos/variables.ts';
import { PeopleDirectory } from '../../operators/sign-in/program/directory.ts';
import type { Kratos } from '../../operators/sign-in/program/kratos.ts';
import { environment } from '../charts/fixture.ts';
import { until } from '../until.ts';
import { type Pair, TestAuthority } from './authority.ts';
import { writeIdentity } from './identity-folder.ts';
import { type Answer, KratosProcess } from './kratos-process.ts';
import { MailSink } from './mail-sink.ts';
import { oneTimeCode } from './one-time-code.ts';
import { asSuperuser, makeDatabase } from './postgres.ts';
import { databaseAuthority, identity, loginAs } from './world.ts';

/*
 * Ory Kratos itself, as this repository builds it, with the configuration of operators/kratos, on a Postgres with the roles and
 * rights of a cluster's.
 */

const dnsNames = ['localhost', 'kratos.kratos.svc.cluster.local'];
const password = 'correct horse battery staple 7';

let program: string;
let kratos: KratosProcess;
let mail: MailSink;
let authority: TestAuthority;
let folder: string;
let login: Record<string, string>;

beforeAll(async () => {
  program = await ensureProgram('kratos', console.log);
  await makeDatabase(inject('postgres'), 'kratos');
  authority = await TestAuthority.make('kratos');
  folder = await identity(authority, 'kratos.kratos.svc.cluster.local', dnsNames);
  mail = await MailSink.start();
  login = await loginAs('kratos', 'read-write');
  const signIn = {
    mail: { kind: 'mailpit' },
    secret: 'sign-in',
    providers: { hub: { kind: 'github', clientId: 'an id' } },
  };
  kratos = await KratosProcess.start({
    program,
    cluster: environment({ cluster: { signIn } }).cluster,
    login,
    owner: await loginAs('kratos', 'owner'),
    identity: folder,
    roots: authority.roots,
    smtp: mail.port,
  });
}, 20 * 60_000);

afterAll(() => {
  kratos?.stop();
  mail?.stop();
});

const flowSchema = z.object({
  id: z.string(),
  ui: z.object({ action: z.string(), nodes: z.array(z.unknown()) }),
});
const whoamiSchema = z.object({
  id: z.string(),
  active: z.boolean(),
  authenticator_assurance_level: z.string(),
  identity: z.object({
    id: z.string(),
    traits: z.object({ email: z.string() }),
    verifiable_addresses: z.array(z.object({ value: z.string(), verified: z.boolean() })),
  }),
});

const directoryPage = z.object({ people: z.array(z.object({ id: z.string() })), nextPage: z.string() });

type FlowName = 'registration' | 'login' | 'verification' | 'recovery' | 'settings';

/** Begins a flow as a program without a browser does, and submits to it. */
class Flow {
  readonly name: FlowName;
  readonly id: string;
  #token: Record<string, string>;

  constructor(name: FlowName, id: string, token?: string) {
    this.name = name;
    this.id = id;
    this.#token = tokenHeader(token);
  }

  static async begin(
    name: FlowName,
    { token, query = '' }: { token?: string; query?: string } = {},
  ): Promise<Flow> {
    const answer = await kratos.ask('GET', `/self-service/${name}/api${query}`, {
      headers: tokenHeader(token),
    });
    expect(answer, `begin ${name}`).toMatchObject({ status: 200 });
    return new Flow(name, flowSchema.parse(answer.body).id, token);
  }

  submit(json: object): Promise<Answer> {
    return kratos.ask('POST', `/self-service/${this.name}?flow=${this.id}`, { json, headers: this.#token });
  }
}

function tokenHeader(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { 'x-session-token': token };
}

function tokenOf(answer: Answer): string {
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return z.object({ session_token: z.string() }).parse(answer.body).session_token;
}

async function whoami(token: string): Promise<Answer> {
  return kratos.ask('GET', '/sessions/whoami', { headers: tokenHeader(token) });
}

/** The ids of Kratos' messages in an answer, wherever they stand. */
function messages(answer: Answer): number[] {
  return [...JSON.stringify(answer.body).matchAll(/"id":(\d{7})/g)].map(([, id]) => Number(id));
}

/** A person with a password and a verified address. */
async function signUp(email: string): Promise<void> {
  const flow = await Flow.begin('registration');
  const answer = await flow.submit({ method: 'password', password, traits: { email, name: 'Ada' } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  const { continue_with } = z
    .object({
      continue_with: z.array(z.object({ action: z.string(), flow: z.object({ id: z.string() }).optional() })),
    })
    .parse(answer.body);
  const shown = continue_with.find(({ action }) => action === 'show_verification_ui');
  const code = await mail.found(email, /^(\d{6})$/m);
  const verification = new Flow('verification', shown?.flow?.id ?? '');
  const verified = await verification.submit({ method: 'code', code });
  expect(verified, JSON.stringify(verified.body)).toMatchObject({
    status: 200,
    body: { state: 'passed_challenge' },
  });
}

async function signIn(email: string, given = password): Promise<Answer> {
  const flow = await Flow.begin('login');
  return flow.submit({ method: 'password', identifier: email, password: given });
}

/** The value of a node of a flow's form. */
function nodeText(answer: Answer, id: string): string {
  const nodes = z
    .array(
      z.looseObject({
        attributes: z.looseObject({ id: z.string().optional(), text: z.unknown().optional() }),
      }),
    )
    .parse(flowSchema.parse(answer.body).ui.nodes);
  const found = nodes.find(({ attributes }) => attributes.id === id);
  return z.object({ text: z.string() }).parse(found?.attributes.text).text;
}

describe('a person', () => {
  const email = 'ada@example.org';

  it('registers with a password, and gets no session before the address is verified', async () => {
    const flow = await Flow.begin('registration');
    const answer = await flow.submit({
      method: 'password',
      password,
      traits: { email: 'early@example.org' },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('session_token');
    const early = await signIn('early@example.org');
    expect(early.status).not.toBe(200);
    expect(early.body).not.toHaveProperty('session_token');
  });

  it('verifies the address by a mailed code, signs in, and is recognised by the session', async () => {
    await signUp(email);
    const token = tokenOf(await signIn(email));
    const answer = await whoami(token);
    expect(answer.status).toBe(200);
    expect(whoamiSchema.parse(answer.body)).toMatchObject({
      active: true,
      authenticator_assurance_level: 'aal1',
      identity: { traits: { email }, verifiable_addresses: [{ value: email, verified: true }] },
    });
  });

  it('signs in by a mailed code only', async () => {
    const seen = mail.to(email).length;
    const flow = await Flow.begin('login');
    expect((await flow.submit({ method: 'code', identifier: email })).body).toMatchObject({
      state: 'sent_email',
    });
    const code = await mail.found(email, /^(\d{6})$/m, seen);
    const token = tokenOf(await flow.submit({ method: 'code', identifier: email, code }));
    expect((await whoami(token)).status).toBe(200);
  });

  it('can use a mailed code once', async () => {
    const seen = mail.to(email).length;
    const flow = await Flow.begin('login');
    await flow.submit({ method: 'code', identifier: email });
    const code = await mail.found(email, /^(\d{6})$/m, seen);
    tokenOf(await flow.submit({ method: 'code', identifier: email, code }));
    const again = await Flow.begin('login');
    await again.submit({ method: 'code', identifier: email });
    const answer = await again.submit({ method: 'code', identifier: email, code });
    expect(answer.status).toBe(400);
    expect(answer.body).not.toHaveProperty('session_token');
  });

  it('ends another own session, which is then invalid', async () => {
    const [mine, other] = [tokenOf(await signIn(email)), tokenOf(await signIn(email))];
    const { id } = whoamiSchema.parse((await whoami(other)).body);
    const ended = await kratos.ask('DELETE', `/sessions/${id}`, { headers: tokenHeader(mine) });
    expect(ended.status).toBe(204);
    expect([(await whoami(other)).status, (await whoami(mine)).status]).toEqual([401, 200]);
  });

  it('ends every other session by a change of the password', async () => {
    const [mine, other] = [tokenOf(await signIn(email)), tokenOf(await signIn(email))];
    const flow = await Flow.begin('settings', { token: mine });
    expect((await flow.submit({ method: 'password', password: `${password}!` })).status).toBe(200);
    expect([(await whoami(other)).status, (await whoami(mine)).status]).toEqual([401, 200]);
    expect((await signIn(email)).status).toBe(400);
    tokenOf(await signIn(email, `${password}!`));
  });

  it('recovers the account by a code, which ends every session', async () => {
    const before = tokenOf(await signIn(email, `${password}!`));
    const seen = mail.to(email).length;
    const flow = await Flow.begin('recovery');
    expect((await flow.submit({ method: 'code', email })).body).toMatchObject({ state: 'sent_email' });
    const code = await mail.found(email, /^(\d{6})$/m, seen);
    const answer = await flow.submit({ method: 'code', code });
    // A program without a browser is told to go on in one (Kratos, 'Account recovery', API clients).
    expect(answer.status).toBeLessThan(500);
    await until(async () => (await whoami(before)).status === 401, 'the session to end', { seconds: 10 });
  });
});

describe('a second factor', () => {
  const email = 'grace@example.org';
  let secret: string;
  let recoveryCodes: string[];

  it('is set up with an authenticator app, after which a password alone is not sufficient', async () => {
    await signUp(email);
    const token = tokenOf(await signIn(email));
    const settings = await kratos.ask('GET', '/self-service/settings/api', { headers: tokenHeader(token) });
    secret = nodeText(settings, 'totp_secret_key');
    const flow = new Flow('settings', flowSchema.parse(settings.body).id, token);
    expect((await flow.submit({ method: 'totp', totp_code: oneTimeCode(secret) })).status).toBe(200);
    const half = tokenOf(await signIn(email));
    const answer = await whoami(half);
    expect(answer).toMatchObject({ status: 403, body: { error: { id: 'session_aal2_required' } } });
    const second = await Flow.begin('login', { token: half, query: '?aal=aal2' });
    const wrong = await second.submit({ method: 'totp', totp_code: '000000' });
    expect(wrong.status).toBe(400);
    const right = await Flow.begin('login', { token: half, query: '?aal=aal2' });
    const whole = tokenOf(await right.submit({ method: 'totp', totp_code: oneTimeCode(secret) }));
    expect((await whoami(whole)).body).toMatchObject({ authenticator_assurance_level: 'aal2' });

    const made = await Flow.begin('settings', { token: whole });
    const shown = await made.submit({ method: 'lookup_secret', lookup_secret_regenerate: true });
    recoveryCodes = [...JSON.stringify(shown.body).matchAll(/"secret":"([a-z0-9]+)"/g)].flatMap(
      ([, code]) => code ?? [],
    );
    if (recoveryCodes.length === 0) throw new Error(JSON.stringify(shown.body));
    expect((await made.submit({ method: 'lookup_secret', lookup_secret_confirm: true })).status).toBe(200);
  });

  it('can be replaced by a recovery code, once', async () => {
    const [code = ''] = recoveryCodes;
    const use = async (): Promise<number> => {
      const half = tokenOf(await signIn(email));
      const flow = await Flow.begin('login', { token: half, query: '?aal=aal2' });
      return (await flow.submit({ method: 'lookup_secret', lookup_secret: code })).status;
    };
    expect([await use(), await use()]).toEqual([200, 400]);
  });
});

describe('attacks', () => {
  it('known and unknown addresses get the same answers', async () => {
    const answers = await Promise.all([
      signIn('grace@example.org', 'a wrong password 1'),
      signIn('nobody@example.org', 'a wrong password 1'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(messages(answers[0])).toEqual(messages(answers[1]));
    const recover = async (email: string) => {
      const flow = await Flow.begin('recovery');
      return flow.submit({ method: 'code', email });
    };
    const [known, unknown] = await Promise.all([recover('grace@example.org'), recover('nobody@example.org')]);
    expect([known.status, messages(known)]).toEqual([unknown.status, messages(unknown)]);
  });

  it.each([
    ['short', 'aB3$efgh!jk'],
    ['like the address', 'charles@example.org'],
  ])('a password that is %s is refused', async (_, bad) => {
    const flow = await Flow.begin('registration');
    const answer = await flow.submit({
      method: 'password',
      password: bad,
      traits: { email: 'charles@example.org' },
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('"id":40000');
  });

  it('an unknown field is refused', async () => {
    const flow = await Flow.begin('registration');
    const traits = { email: 'eve@example.org', role: 'admin' };
    expect((await flow.submit({ method: 'password', password, traits })).status).toBe(400);
  });

  it.each([
    'https://evil.example.org/',
    'https://accounts.test.localhost:8443.evil.example.org/',
    'https://accounts.test.localhost:8443@evil.example.org/',
    'https://orders.test.localhost:8443/',
    'http://accounts.test.localhost:8443/',
    '//evil.example.org/',
  ])('a browser is not redirected to %s', async (url) => {
    const query = `?return_to=${encodeURIComponent(url)}`;
    const answer = await kratos.ask('GET', `/self-service/login/browser${query}`);
    expect(answer.status).toBe(400);
  });

  it('a browser is redirected back to a page of accounts', async () => {
    const query = `?return_to=${encodeURIComponent('https://accounts.test.localhost:8443/hand-over')}`;
    const answer = await kratos.ask('GET', `/self-service/login/browser${query}`);
    expect(answer).toMatchObject({
      status: 200,
      body: { return_to: 'https://accounts.test.localhost:8443/hand-over' },
    });
  });

  it('a form without its CSRF token is refused', async () => {
    const begun = await kratos.ask('GET', '/self-service/login/browser');
    const { id } = flowSchema.parse(begun.body);
    const answer = await kratos.ask('POST', `/self-service/login?flow=${id}`, {
      json: { method: 'password', identifier: 'grace@example.org', password },
    });
    expect(answer).toMatchObject({ status: 403, body: { error: { id: 'security_csrf_violation' } } });
  });
});

describe('the cookies of Kratos', () => {
  it('are HttpOnly, SameSite and Secure', async () => {
    await signUp('joan@example.org');
    const begun = await kratos.ask('GET', '/self-service/login/browser');
    const cookies = begun.headers['set-cookie'] ?? [];
    const flow = flowSchema.parse(begun.body);
    const token = z
      .object({ attributes: z.object({ value: z.string() }) })
      .parse(flow.ui.nodes.find((node) => JSON.stringify(node).includes('"name":"csrf_token"')))
      .attributes.value;
    const answer = await kratos.ask('POST', `/self-service/login?flow=${flow.id}`, {
      json: { method: 'password', identifier: 'joan@example.org', password, csrf_token: token },
      headers: { cookie: cookies.map((each) => each.split(';')[0]).join('; ') },
    });
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
    const session = answer.headers['set-cookie']?.find((each) => each.startsWith('__Host-plinth_session='));
    expect(
      session
        ?.split('; ')
        .slice(1)
        .map((part) => part.replace(/=.*GMT$/, '')),
    ).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']));
    expect(session).not.toMatch(/Domain/i);
    const csrf = cookies.find((each) => each.startsWith('csrf_token_')) ?? '';
    expect(csrf).toMatch(/HttpOnly/);
    expect(csrf).toMatch(/Secure/);
    expect(csrf).not.toMatch(/Domain/);
  });
});

describe('the claims of an identity provider', () => {
  /** What Kratos makes of claims, in the process in which it evaluates Jsonnet (`ory/x`, `jsonnetsecure`). */
  const mapped = async (mapper: keyof typeof mappers, claims: object) => {
    const parameters = {
      ExtCodes: [{ Key: 'claims', Value: JSON.stringify(claims) }],
      Filename: mapper,
      Snippet: mappers[mapper],
    };
    const { stdout, stderr, exitCode } = await execa(program, ['jsonnet'], {
      input: JSON.stringify(parameters),
      reject: false,
    });
    return exitCode === 0 ? JSON.parse(stdout) : stderr;
  };
  const email = 'ada@example.org';

  it('with a verified address are accepted', async () => {
    expect(await mapped('claims.jsonnet', { email, email_verified: true, name: 'Ada' })).toEqual({
      identity: { traits: { email, name: 'Ada' }, verified_addresses: [{ via: 'email', value: email }] },
    });
  });

  it.each<[string, object]>([
    ['an address that is not verified', { email, email_verified: false }],
    ['an address without email_verified', { email }],
    ['no address', { email_verified: true }],
    ['a text for a boolean', { email, email_verified: 'true' }],
  ])('with %s are refused', async (_, claims) => {
    expect(await mapped('claims.jsonnet', claims)).toContain('failed to evaluate jsonnet');
  });

  it('of a provider that verifies no address, such as Microsoft, give an unverified address', async () => {
    expect(await mapped('unverified.jsonnet', { email, email_verified: true, name: '' })).toEqual({
      identity: { traits: { email } },
    });
  });
});

describe('Kratos', () => {
  it('offers a provider with a client secret from a variable', async () => {
    const begun = await kratos.ask('GET', '/self-service/login/browser');
    expect(JSON.stringify(begun.body)).toContain('"value":"hub"');
  });

  it('lists everybody page by page, for an app that manages people', async () => {
    const admin: Pick<Kratos, 'callWithRepeats'> = {
      callWithRepeats: async (method, path) => {
        const { status, body, headers } = await kratos.ask(method, path, { port: 'admin' });
        return { status, body, cookies: [], link: String(headers.link ?? '') };
      },
    };
    const people = [];
    for (let page: string | undefined = ''; page !== undefined; ) {
      const { body } = await new PeopleDirectory(admin, ['accounts'], 1).answer(
        'accounts',
        'GET',
        `/people?page=${page}`,
      );
      const part = directoryPage.parse(body);
      people.push(...part.people);
      page = part.nextPage === '' ? undefined : part.nextPage;
    }
    const { body } = await kratos.ask('GET', '/admin/identities', { port: 'admin' });
    const all = z.array(z.object({ id: z.string() })).parse(body);
    expect(all.length).toBeGreaterThan(1);
    expect(people.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
  });

  it('ends all sessions of a person by the admin API', async () => {
    const email = 'mary@example.org';
    await signUp(email);
    const token = tokenOf(await signIn(email));
    const { identity: person } = whoamiSchema.parse((await whoami(token)).body);
    const answer = await kratos.ask('DELETE', `/admin/identities/${person.id}/sessions`, { port: 'admin' });
    expect(answer.status).toBe(204);
    expect((await whoami(token)).status).toBe(401);
  });

  it('serves a renewed certificate without a restart', async () => {
    const renewed = await authority.issue({ commonName: 'localhost', dnsNames });
    renew(folder, renewed, authority);
    const wanted = new X509Certificate(renewed.cert).serialNumber;
    await until(async () => (await servedSerial(kratos.ports.public)) === wanted, 'the new certificate', {
      seconds: 20,
    });
    expect(await servedSerial(kratos.ports.admin)).toBe(wanted);
  });

  it('uses a renewed certificate for its database without a restart', async () => {
    const role = databaseRole('kratos', 'read-write');
    const dba = await databaseAuthority();
    const renewed = await dba.issue({ commonName: role });
    renew(join(login.PGSSLCERT ?? '', '..'), renewed, dba);
    const here = inject('postgres');
    await asSuperuser(
      here,
      'postgres',
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`,
    );
    await until(
      async () => (await kratos.ask('GET', '/health/ready')).status === 200,
      'Kratos to come back',
      { seconds: 20 },
    );
    const rows = await asSuperuser(
      here,
      'postgres',
      `select distinct client_serial::text as serial from pg_stat_ssl join pg_stat_activity using (pid) where usename = '${role}'`,
    );
    const serial = BigInt(`0x${new X509Certificate(renewed.cert).serialNumber}`).toString();
    expect(rows).toEqual([{ serial }]);
  });

  it('has its network id from the migration, so that concurrent pods share one', async () => {
    await makeDatabase(inject('postgres'), 'kratos-anew');
    const owner = await loginAs('kratos-anew', 'owner');
    const env = {
      DSN:
        databaseAddress({ env: Object.entries(owner).map(([name, value]) => ({ name, value })) }).value ?? '',
    };
    await execa('/bin/sh', ['-euc', tablesScript(program)], { env });
    await execa('/bin/sh', ['-euc', tablesScript(program)], { env });
    const [row] = await asSuperuser(
      inject('postgres'),
      'kratos_anew',
      'select count(*)::int as networks from networks',
    );
    expect(row).toEqual({ networks: 1 });
  });

  it('works with a database role that can only change rows', async () => {
    const [row] = await asSuperuser(
      inject('postgres'),
      'kratos',
      "select distinct tableowner as owner from pg_tables where schemaname = 'public'",
    );
    expect(row).toEqual({ owner: 'kratos_owner' });
  });

  it('shows no metrics and no admin API at its public port', async () => {
    const status = async (path: string) => (await kratos.ask('GET', path)).status;
    expect([await status('/metrics/prometheus'), await status('/admin/metrics/prometheus')]).toEqual([
      404, 404,
    ]);
    const led = await kratos.ask('GET', '/admin/identities');
    expect([led.status, led.headers.location]).toEqual([
      307,
      'https://kratos.kratos.svc.cluster.local:4434/admin/identities',
    ]);
  });

  it('writes no password, code, token or address into its log', async () => {
    const token = tokenOf(await signIn('joan@example.org'));
    await whoami(token);
    const [code] = /\b\d{6}\b/.exec(mail.to('joan@example.org')[0]?.text ?? '') ?? [];
    expect(code).toBeDefined();
    expect(kratos.log).toContain('"level":"info"');
    for (const secret of [password, code ?? '', token, 'joan@example.org'])
      expect(kratos.log.includes(secret)).toBe(false);
  });
});

/** As the kubelet does it: the files that were there before are removed, which is what Kratos watches. */
function renew(at: string, pair: Pair, { roots }: TestAuthority): void {
  const before = readlinkSync(join(at, '..data'));
  writeIdentity(at, pair, roots);
  rmSync(join(at, before), { recursive: true });
}

/** The serial number of the certificate that a port shows. */
function servedSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port, servername: 'localhost', ca: authority.roots }, () => {
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      resolve(serialNumber);
    });
    socket.on('error', reject);
  });
}
