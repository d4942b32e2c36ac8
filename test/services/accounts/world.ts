import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startAccounts } from '../../../apps/accounts/src/accounts.ts';
import { databaseAccess } from '../../../apps/kit/database.ts';
import { AccountsServiceClient } from '../../../apps/kit/generated/accounts.ts';
import { migrate } from '../../../apps/kit/migrate.ts';
import { personHeader } from '../../../apps/kit/person.ts';
import type { Service } from '../../../apps/kit/service.ts';
import { SigningKeys } from '../../../operators/sign-in/program/signing-keys.ts';
import { TestAuthority } from '../authority.ts';
import { MailSink } from '../mail-sink.ts';
import { makeDatabase } from '../postgres.ts';
import { connect, identity, loginAs } from '../world.ts';
import { FakeDirectory } from './fake-directory.ts';

export const issuer = 'https://accounts.test:8443';
const page = join(import.meta.dirname, '../../../apps/accounts/page');

/** What REST answers. */
export interface RestAnswer {
  status: number;
  body: unknown;
}

export interface RestAsk {
  /** Token of a person. Default: none. */
  token?: string;
  /** An API key. Default: none. */
  key?: string;
  body?: unknown;
  /** Folder of the caller's certificate. Default: that of the proxy `sign-in`. */
  caller?: string;
  headers?: Record<string, string>;
}

/** `accounts` on a real Postgres, with mail, keys and a directory of people that the tests serve. */
export class AccountsWorld {
  readonly mail: MailSink;
  readonly keys = new SigningKeys(issuer);
  readonly directory: FakeDirectory;
  readonly services: Service[] = [];
  /** `METHOD PATH` of what was carried out. */
  readonly carriedOut = new Set<string>();
  readonly database: string;
  readonly authority: TestAuthority;
  /** The authority of the keys and of the directory. */
  readonly signIn: TestAuthority;
  /** Folder of the certificate of `sign-in`, towards accounts. */
  readonly proxy: string;
  #env: Record<string, string> = {};

  private constructor(input: {
    database: string;
    mail: MailSink;
    authority: TestAuthority;
    signIn: TestAuthority;
    directory: FakeDirectory;
    proxy: string;
  }) {
    this.database = input.database;
    this.mail = input.mail;
    this.authority = input.authority;
    this.signIn = input.signIn;
    this.directory = input.directory;
    this.proxy = input.proxy;
    this.directory.published = () => this.keys.published();
  }

  /** `database`: a name of its own in the Postgres of all tests; `more`: variables beside those of every test. */
  static async start(database: string, more: Record<string, string> = {}, port = 0): Promise<AccountsWorld> {
    await makeDatabase(inject('postgres'), database);
    const owner = databaseAccess('migrations', await loginAs(database, 'owner'));
    const folder = join(import.meta.dirname, '../../../apps/accounts/migrations');
    await migrate({ config: owner.config, folder, report: () => {} });
    owner.close();
    const authority = await TestAuthority.make('accounts');
    const signIn = await TestAuthority.make('sign-in');
    const directory = await FakeDirectory.start(signIn);
    const mail = await MailSink.start();
    const proxy = await identity(authority, 'sign-in');
    const world = new AccountsWorld({ database, mail, authority, signIn, directory, proxy });
    world.#env = {
      ...(await loginAs(database, 'read-write')),
      IDENTITY_DIR: await identity(authority, 'accounts', ['localhost', 'accounts.accounts.svc']),
      CALLERS: 'sign-in,web,orders',
      PEOPLE_KEYS: `https://localhost:${directory.port}/keys`,
      PEOPLE_DIRECTORY: `https://localhost:${directory.port}/people`,
      PEOPLE_IDENTITY_DIR: await identity(signIn, 'accounts'),
      PEOPLE_ISSUER: issuer,
      PEOPLE_AUDIENCES: 'accounts,web',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: `${mail.port}`,
      SMTP_TLS: 'none',
      ADMINISTRATORS: 'root@example.org, Second@Example.org',
      ...more,
    };
    await world.startReplica(port);
    return world;
  }

  async startReplica(port = 0): Promise<Service> {
    const service = await startAccounts({ env: this.#env, page, ports: { mutual: port, plain: 0 } });
    this.services.push(service);
    return service;
  }

  /** A token as the proxy makes it for a visitor of `accounts`. */
  token(
    person: string,
    {
      session = `session-of-${person}`,
      audience = 'accounts',
      actor,
    }: {
      session?: string;
      audience?: string /** The administrator who acts as the person. */;
      actor?: string;
    } = {},
  ): string {
    this.directory.add(person);
    const now = Date.now();
    const known = { id: session, person, expires: now + 3_600_000, authenticated: now, level: 'aal1' };
    return this.keys.token(audience, { ...known, ...(actor === undefined ? {} : { actor }) });
  }

  client(folder = this.proxy, replica = 0): AccountsServiceClient {
    return connect(AccountsServiceClient, `localhost:${this.services[replica]?.port}`, folder);
  }

  /** A request over REST with the proxy's certificate. */
  async ask(method: string, path: string, ask: RestAsk = {}, replica = 0): Promise<RestAnswer> {
    const { text, status } = await this.raw(method, path, ask, replica);
    return { status, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** A request that must be carried out; what it answers. */
  async done<Body>(method: string, path: string, ask: RestAsk = {}): Promise<Body> {
    const { status, body } = await this.ask(method, path, ask);
    if (status > 204) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body as Body;
  }

  /** The whole answer. */
  async raw(
    method: string,
    path: string,
    ask: RestAsk = {},
    replica = 0,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
    const read = (name: string) => readFileSync(join(ask.caller ?? this.proxy, name), 'utf8');
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
    const asked = request({
      ...{ host: 'localhost', port: this.services[replica]?.port, method, path, agent: false },
      ...{
        cert: read('tls.crt'),
        key: read('tls.key'),
        ca: this.authority.roots,
        ALPNProtocols: ['http/1.1'],
      },
      headers: {
        ...(ask.token === undefined ? {} : { [personHeader]: ask.token }),
        ...(ask.key === undefined ? {} : { authorization: `Bearer ${ask.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...ask.headers,
      },
    });
    asked.end(body);
    const [response]: IncomingMessage[] = await once(asked, 'response');
    if (response === undefined) throw new Error('an answer without a message');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const { statusCode = 0, headers } = response;
    if (statusCode < 300) this.carriedOut.add(`${method} ${path.split('?')[0]}`);
    return { status: statusCode, headers, text: Buffer.concat(chunks).toString() };
  }

  /** A new organisation of a person; its id. */
  async organisation(token: string, name = 'Example'): Promise<string> {
    const made = await this.done<{ organisation: { id: string } }>('POST', '/v1/organisations', {
      token,
      body: { name },
    });
    return made.organisation.id;
  }

  /** Invites a person by mail, who accepts. */
  async join(organisation: string, by: string, person: string, roles: string[]): Promise<void> {
    const token = await this.invite(organisation, by, person, roles);
    await this.done('POST', '/v1/invitations/accept', { token: this.token(person), body: { token } });
  }

  /** The token in the mail. */
  async invite(organisation: string, by: string, person: string, roles: string[]): Promise<string> {
    const email = `${person}@example.org`;
    const seen = this.mail.to(email).length;
    await this.done('POST', `/v1/organisations/${organisation}/invitations`, {
      token: by,
      body: { email, roles },
    });
    return this.mail.found(email, /#(plinth_invitation_[\w-]+)/, seen);
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop(1_000)));
    this.mail.stop();
    this.directory.stop();
  }
}
