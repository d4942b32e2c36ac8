import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { proxyConfig } from '../../operators/sign-in/chart.ts';
import { type RunningProxy, start } from '../../operators/sign-in/program/main.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { FakeApp } from '../sign-in/world.ts';
import { TestAuthority } from './authority.ts';
import { scratch, writeIdentity } from './identity-folder.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { KratosProcess, secretValue } from './kratos-process.ts';
import { MailSink } from './mail-sink.ts';
import { makeDatabase, type PostgresAddress } from './postgres.ts';
import { identity, loginAs } from './world.ts';

/** A Postgres, with the variables of libpq by which the roles of one database log in. */
interface PostgresWithLogins {
  at: PostgresAddress;
  login(access: 'owner' | 'read-write'): Promise<Record<string, string>>;
}

const ofAllTests = (database: string): PostgresWithLogins => ({
  at: inject('postgres'),
  login: (access) => loginAs(database, access),
});

/** The proxy and its pages before Ory Kratos itself, each as its chart configures it, and an app that needs a sign-in. */
export class SignInStack {
  readonly accounts = 'https://accounts.test.localhost:8443';
  readonly shop = 'https://shop.test.localhost:8443';
  readonly authority: TestAuthority;
  readonly mail: MailSink;
  readonly proxy: RunningProxy;
  readonly kratos: KratosProcess;
  #app: FakeApp;

  private constructor(
    authority: TestAuthority,
    mail: MailSink,
    kratos: KratosProcess,
    app: FakeApp,
    proxy: RunningProxy,
  ) {
    this.authority = authority;
    this.mail = mail;
    this.kratos = kratos;
    this.#app = app;
    this.proxy = proxy;
  }

  /**
   * `database`: a name of its own in the Postgres of all tests. `provider`: people can sign in by it too, as `house`.
   * `signIn`: what stands there in cluster.yaml beside the mail. Default: nothing. `postgres`: default that of all tests.
   */
  static async start(
    database: string,
    provider?: IdentityProvider,
    signIn: object = {},
    postgres: PostgresWithLogins = ofAllTests(database),
  ): Promise<SignInStack> {
    const program = await ensureProgram('kratos', console.log);
    await makeDatabase(postgres.at, database);
    const authority = await TestAuthority.make('kratos');
    const env = environment({
      cluster: { signIn: { mail: { kind: 'mailpit' }, ...(provider && providersOf(provider)), ...signIn } },
      apps: [testApp({ name: 'shop', exposes: { port: 'http', signIn: true } })],
    });
    const mail = await MailSink.start();
    const kratos = await KratosProcess.start({
      program,
      cluster: env.cluster,
      login: await postgres.login('read-write'),
      owner: await postgres.login('owner'),
      identity: await identity(authority, 'kratos.kratos.svc.cluster.local', ['localhost']),
      roots: authority.roots,
      smtp: mail.port,
      // The provider is on this machine, with a certificate of the tests.
      ...(provider === undefined
        ? {}
        : {
            more: {
              CLIENTS_HTTP_DISALLOW_PRIVATE_IP_RANGES: 'false',
              SSL_CERT_FILE: rootsFile(provider),
            },
          }),
    });
    provider?.serve({ id: clientId, secret: secretValue, redirect });
    const app = new FakeApp();
    app.server.listen(0, '127.0.0.1');
    await once(app.server, 'listening');
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const config = proxyConfig(env);
    const proxy = await start(
      {
        ...config,
        kratos: `https://localhost:${kratos.ports.public}`,
        apps: config.apps.map((each) => ({ ...each, paths: each.paths.map((path) => ({ ...path, port })) })),
      },
      {
        identities: await identitiesOf(authority),
        ports: { visitors: 0, keys: 0, probes: 0 },
        replicas: async () => [],
        serviceHost: () => '127.0.0.1',
      },
    );
    return new SignInStack(authority, mail, kratos, app, proxy);
  }

  /** The code of the newest mail to somebody, beyond the first `seen`. */
  code(email: string, seen = 0): Promise<string> {
    return this.#mailed(email, /^(\d{6})$/m, seen);
  }

  /** The link beside the code of the newest mail to somebody, beyond the first `seen`. */
  async link(email: string, seen = 0): Promise<string> {
    const encoded = await this.#mailed(email, /^(https:\S+\/link\?code=3D\d{6})$/m, seen);
    return encoded.replace('=3D', '=');
  }

  /** The link of Kratos itself in the newest mail to somebody, beyond the first `seen`. */
  async kratosLink(email: string, seen = 0): Promise<string> {
    const encoded = await this.#mailed(email, /(https:\S+\/self-service\/\w+\?flow=3D[^\s"<]+)/, seen);
    return encoded.replaceAll('=3D', '=').replaceAll('&amp;', '&');
  }

  async #mailed(email: string, pattern: RegExp, seen: number): Promise<string> {
    try {
      return await this.mail.found(email, pattern, seen);
    } catch (error) {
      throw new Error(
        `${error instanceof Error ? error.message : error}\nKratos: ${this.kratos.log.slice(-4_000)}`,
      );
    }
  }

  /** The verified addresses of whoever has this cookie of Kratos' session, `NAME=VALUE`. */
  async verified(cookie: string): Promise<string[]> {
    const { body } = await this.kratos.ask('GET', '/sessions/whoami', { headers: { cookie } });
    const { identity: person } = whoami.parse(body);
    return person.verifiable_addresses.filter(({ verified }) => verified).map(({ value }) => value);
  }

  async stop(): Promise<void> {
    await this.proxy.stop(0);
    this.kratos.stop();
    this.mail.stop();
    this.#app.server.closeAllConnections();
    this.#app.server.close();
  }
}

const clientId = 'plinth';
const redirect = 'https://accounts.test.localhost:8443/self-service/methods/oidc/callback/house';

function providersOf({ issuer }: IdentityProvider): object {
  return {
    secret: 'sign-in',
    providers: { house: { kind: 'oidc', clientId, issuer, label: 'House' } },
  };
}

/** A file with the CA of the provider, which Kratos trusts alone (Go, 'crypto/x509', SSL_CERT_FILE). */
function rootsFile({ roots }: IdentityProvider): string {
  const file = join(scratch(), 'roots.pem');
  writeFileSync(file, roots);
  return file;
}

const whoami = z.object({
  identity: z.object({
    verifiable_addresses: z.array(z.object({ value: z.string(), verified: z.boolean() })),
  }),
});

async function identitiesOf(authority: TestAuthority): Promise<string> {
  const identities = scratch();
  const server = await authority.issue({ commonName: 'sign-in', dnsNames: ['localhost'] });
  const client = await authority.issue({ commonName: 'sign-in' });
  writeIdentity(join(identities, 'sign-in-server'), server, authority.roots);
  for (const name of ['sign-in-client', 'kratos-client'])
    writeIdentity(join(identities, name), client, authority.roots);
  return identities;
}
