import { randomUUID } from 'node:crypto';
import { type AccountsApi, accountsRoutes } from '../../../apps/kit/generated/accounts-rest.ts';
import { type RestClient, restClient } from '../../../apps/kit/rest-client.ts';
import type { SignInConfig } from '../../../operators/sign-in/program/config.ts';
import { freePort } from '../../free-port.ts';
import { SignInWorld } from '../../sign-in/world.ts';
import { writeIdentity } from '../identity-folder.ts';
import { identity } from '../world.ts';
import { AccountsWorld } from './world.ts';

const organisations = 'organisations.test:8443';

/** A person with an account at Kratos who is signed in. */
export interface SignedIn {
  id: string;
  email: string;
  cookie: string;
}

/** The configuration of a replica of the proxy that asks the replica of accounts at a port. */
export const asking =
  (port: number) =>
  (config: SignInConfig): SignInConfig => ({
    ...config,
    rights: 'accounts',
    managers: ['accounts'],
    kratosAdmin: config.kratos,
    apps: [
      ...config.apps,
      {
        name: 'accounts',
        origins: [`https://${organisations}`],
        service: 'accounts.accounts.svc',
        paths: [{ path: '/', port, mutual: true }],
      },
    ],
  });

/** Headers of a script of the app's page. */
export const script = (cookie: string) => ({
  cookie,
  'sec-fetch-mode': 'cors',
  origin: 'https://shop.test:8443',
});

/** Two replicas of the proxy, each before a replica of accounts of its own, and an app behind both. */
export class ProxiedAccounts {
  readonly signIn: SignInWorld;
  readonly accounts: AccountsWorld;

  private constructor(signIn: SignInWorld, accounts: AccountsWorld) {
    this.signIn = signIn;
    this.accounts = accounts;
  }

  /** `database`: a name of its own in the Postgres of all tests. */
  static async start(database: string): Promise<ProxiedAccounts> {
    const ports = [await freePort(), await freePort()];
    const signIn = await SignInWorld.make(asking(ports[0] ?? 0));
    await signIn.startReplica(asking(ports[1] ?? 0));
    const more = {
      PEOPLE_KEYS: signIn.keysAddress,
      PEOPLE_DIRECTORY: signIn.keysAddress.replace('/keys', '/people'),
      PEOPLE_IDENTITY_DIR: await identity(signIn.authority, 'accounts'),
      PEOPLE_AUDIENCES: 'accounts,shop',
    };
    const accounts = await AccountsWorld.start(database, more, ports[0]);
    await accounts.startReplica(ports[1]);
    const pair = await accounts.authority.issue({ commonName: 'sign-in' });
    writeIdentity(`${signIn.folder}/accounts-client`, pair, accounts.authority.roots);
    return new ProxiedAccounts(signIn, accounts);
  }

  /** A new person with the verified address NAME@example.org. */
  person(name: string): SignedIn {
    const [id, email] = [randomUUID(), `${name}@example.org`];
    this.signIn.kratos.answers.set(`GET /admin/identities/${id}`, {
      status: 200,
      body: { id, traits: { email, name }, verifiable_addresses: [{ value: email, verified: true }] },
    });
    return { id, email, cookie: `__Host-session=${this.signIn.signIn(id)}` };
  }

  /** The generated client, as a page at the host of accounts has it. */
  client(cookie: string, replica = 0): RestClient<AccountsApi> {
    const running = this.signIn.running[replica];
    const send = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
      const { pathname, search } = new URL(String(input), `https://${organisations}`);
      const got = await this.signIn.ask(
        `${pathname}${search}`,
        {
          ...{ method: init.method ?? 'GET', host: organisations },
          headers: {
            ...{ cookie, origin: `https://${organisations}`, accept: 'application/json' },
            ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(typeof init.body === 'string' ? { body: init.body } : {}),
        },
        running,
      );
      return new Response(got.status === 204 ? null : got.text, { status: got.status });
    };
    return restClient<AccountsApi>({ routes: accountsRoutes, fetch: send });
  }

  async stop(): Promise<void> {
    await this.signIn.close();
    await this.accounts.stop();
  }
}
