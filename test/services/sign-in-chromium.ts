import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openChromium } from '../browser/chromium.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { SignInStack } from './sign-in-stack.ts';

/** Chromium before the proxy, its pages and Ory Kratos. In the place of the gateway a server ends TLS and passes requests on. */
export class SignInChromium {
  readonly stack: SignInStack;
  readonly browser: Browser;
  #gateway: Server;

  private constructor(stack: SignInStack, browser: Browser, gateway: Server) {
    this.stack = stack;
    this.browser = browser;
    this.#gateway = gateway;
  }

  /** `database`: a name of its own in the Postgres of all tests. `provider`: people can sign in by it too. */
  static async start(database: string, provider?: IdentityProvider): Promise<SignInChromium> {
    const stack = await SignInStack.start(database, provider);
    const pair = await stack.authority.issue({ commonName: 'gateway', dnsNames: ['*.test.localhost'] });
    const gateway = gatewayTo(stack, pair);
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const address = gateway.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    const certificates = [pair.cert, ...(provider === undefined ? [] : [provider.certificate])];
    const browser = await openChromium(certificates.map(keyHash).join(), {
      '*.test.localhost:8443': address.port,
    });
    return new SignInChromium(stack, browser, gateway);
  }

  async closePages(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.#gateway.closeAllConnections();
    this.#gateway.close();
    await this.stack.stop();
  }
}

function gatewayTo(stack: SignInStack, pair: { cert: string; key: string }): Server {
  return createServer(pair, (message, response) => {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port: stack.proxy.ports.visitors, method: message.method, path: message.url },
        headers: { ...message.headers, 'x-forwarded-proto': 'https' },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    asked.on('error', () => response.destroy());
    message.pipe(asked);
  });
}

/** As Chromium wants it of a certificate that it shall trust: the hash of the public key. */
function keyHash(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

/** A page, and all that its browser complains about: what its policy stopped, and errors of scripts. */
export async function opened(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  return { page, complaints };
}

/** Gives a page an authenticator for passkeys that agrees to everything. */
export async function addAuthenticator(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
