import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { PublicKey } from '../../../operators/sign-in/program/signing-keys.ts';
import type { TestAuthority } from '../authority.ts';

/** The keys and people that the proxy `sign-in` serves, over mutual TLS. */
export class FakeDirectory {
  /** By id. */
  readonly people = new Map<string, { id: string; email: string; name: string; verified: string[] }>();
  /** Ids of those who were signed out everywhere. */
  readonly signedOut: string[] = [];
  published: () => PublicKey[] = () => [];
  readonly port: number;
  #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(authority: TestAuthority): Promise<FakeDirectory> {
    const pair = await authority.issue({ commonName: 'sign-in', dnsNames: ['localhost'] });
    const server = createServer({
      ...pair,
      ca: authority.roots,
      requestCert: true,
      rejectUnauthorized: true,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const directory = new FakeDirectory(server, typeof address === 'object' ? (address?.port ?? 0) : 0);
    server.on('request', (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'https://directory.invalid');
      if (pathname === '/keys') return response.end(JSON.stringify({ keys: directory.published() }));
      if (pathname === '/people')
        return response.end(JSON.stringify({ people: [...directory.people.values()], nextPage: '' }));
      const [, , id = '', sessions] = decodeURIComponent(pathname).split('/');
      const person = directory.people.get(id);
      if (person === undefined) return response.writeHead(404).end('{}');
      if (sessions !== undefined && request.method === 'DELETE') {
        directory.signedOut.push(id);
        return response.writeHead(204).end();
      }
      if (sessions !== undefined) return response.end(JSON.stringify({ sessions: [] }));
      if (request.method !== 'DELETE') return response.end(JSON.stringify(person));
      directory.people.delete(id);
      return response.writeHead(204).end();
    });
    return directory;
  }

  /** With the verified address ID@example.org, unless the person is there already. */
  add(id: string): void {
    if (this.people.has(id)) return;
    const email = `${id}@example.org`;
    this.people.set(id, { id, email, name: `${id} of the tests`, verified: [email] });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
