import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import Provider from 'oidc-provider';
import type { TestAuthority } from './authority.ts';

/** What the provider says of somebody. */
export interface ProviderPerson {
  email: string;
  email_verified: boolean;
  name: string;
}

interface Client {
  id: string;
  secret: string;
  /** Where people are sent back to. */
  redirect: string;
}

/** A provider of OpenID Connect on this machine, which signs in whomever a test names, without a question. */
export class IdentityProvider {
  /** By subject. */
  readonly people = new Map<string, ProviderPerson>();
  /** Subject of whoever opens its sign-in. */
  signsIn = '';
  readonly port: number;
  readonly roots: string;
  /** Its own, in PEM. */
  readonly certificate: string;
  #server: Server;

  private constructor(server: Server, port: number, { roots, cert }: { roots: string; cert: string }) {
    this.#server = server;
    this.port = port;
    this.roots = roots;
    this.certificate = cert;
  }

  static async start(authority: TestAuthority): Promise<IdentityProvider> {
    const pair = await authority.issue({ commonName: 'provider', dnsNames: ['localhost'] });
    const server = createServer(pair);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return new IdentityProvider(server, port, { roots: authority.roots, cert: pair.cert });
  }

  get host(): string {
    return `localhost:${this.port}`;
  }

  get issuer(): string {
    return `https://${this.host}`;
  }

  /** Answers requests from now on. */
  serve({ id, secret, redirect }: Client): void {
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: id, client_secret: secret, redirect_uris: [redirect] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      // Kratos reads the claims of the ID token.
      conformIdTokenClaims: false,
      cookies: { keys: ['of the tests'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, subject) => ({
        accountId: subject,
        claims: async () => ({ sub: subject, ...this.people.get(subject) }),
      }),
      // No question for consent (its documentation, 'loadExistingGrant').
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({
          clientId: oidc.client?.clientId ?? '',
          accountId: oidc.session?.accountId ?? '',
        });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    const answer = provider.callback();
    this.#server.on('request', (request, response) => {
      if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
      provider
        .interactionFinished(request, response, { login: { accountId: this.signsIn } })
        .catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
