import { once } from 'node:events';
import { rmSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SignInConfig } from '../../operators/sign-in/program/config.ts';
import { type RunningProxy, start } from '../../operators/sign-in/program/main.ts';
import type { ReplicaAddress } from '../../operators/sign-in/program/other-replicas.ts';
import { TestAuthority } from '../services/authority.ts';
import { scratch, writeIdentity } from '../services/identity-folder.ts';

export const accounts = 'https://accounts.test:8443';
export const shopOrigin = 'https://shop.test:8443';
export const kratosCookie = '__Host-plinth_session';

/** What a visitor of the tests gets. */
export interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface VisitorRequest {
  method?: string;
  host?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Answers as Kratos v1.3 documents it: sessions by cookie, and what a test says of other paths. */
export class FakeKratos {
  readonly sessions = new Map<string, { id: string; person: string; expires: number; wants?: 'aal2' }>();
  /** From `METHOD PATH` to an answer. */
  readonly answers = new Map<string, { status: number; body?: object; headers?: Record<string, string> }>();
  readonly asked: { method: string; path: string; headers: IncomingHttpHeaders }[] = [];
  /** Bodies of forms. */
  readonly bodies: string[] = [];
  isAway = false;
  /** Connections of its pool that its database has closed: each answers once with 500 for a flow, and else with 401. */
  closedConnections = 0;
  /** Milliseconds until it answers. */
  delay = 0;
  readonly server = createServer((message, response) => void this.#answer(message, response));

  get whoamis(): number {
    return this.asked.filter(({ path }) => path === '/sessions/whoami').length;
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = message;
    this.asked.push({ method, path: url, headers });
    if (method === 'POST') this.bodies.push(await text(message));
    if (this.isAway) return void response.destroy();
    if (this.delay > 0) await new Promise((done) => setTimeout(done, this.delay));
    const send = (status: number, body: object, more = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body));
    if (this.closedConnections > 0 && url !== '/health/ready') {
      this.closedConnections -= 1;
      const isFlow = url.startsWith('/self-service/');
      return void send(isFlow ? 500 : 401, { error: { id: isFlow ? undefined : 'session_inactive' } });
    }
    const said = this.answers.get(`${method} ${url}`) ?? this.answers.get(`${method} ${url.split('?')[0]}`);
    if (said !== undefined) return void send(said.status, said.body ?? {}, said.headers);
    if (url === '/health/ready') return void send(200, { status: 'ok' });
    if (url !== '/sessions/whoami') return void send(404, { error: { id: 'not_found' } });
    const value = new RegExp(`${kratosCookie}=([^;]*)`).exec(headers.cookie ?? '')?.[1] ?? '';
    const session = this.sessions.get(value);
    if (session === undefined) return void send(401, { error: { id: 'session_inactive' } });
    if (session.wants === 'aal2') return void send(403, { error: { id: 'session_aal2_required' } });
    send(200, {
      id: session.id,
      active: true,
      expires_at: new Date(session.expires).toISOString(),
      authenticated_at: new Date(Date.now() - 1_000).toISOString(),
      authenticator_assurance_level: 'aal1',
      identity: { id: session.person },
    });
  }
}

/** An app behind the door: says what it was asked, streams, and opens WebSockets. */
export class FakeApp {
  readonly asked: IncomingHttpHeaders[] = [];
  readonly handle = (message: IncomingMessage, response: ServerResponse): void => {
    this.asked.push(message.headers);
    if (message.url === '/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
      return;
    }
    if (message.url === '/own-cookie')
      response.setHeader('set-cookie', ['__Host-session=mine; Path=/', 'theme=dark']);
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const { method, url, headers } = message;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
  };
  readonly server = createServer(this.handle);

  constructor() {
    this.server.on('upgrade', (_message: IncomingMessage, socket: Socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
      socket.pipe(socket);
    });
  }
}

/** The proxy with a Kratos and apps of the tests, on this machine. */
export class SignInWorld {
  readonly kratos = new FakeKratos();
  readonly app = new FakeApp();
  readonly secureApp = new FakeApp();
  readonly folder = scratch();
  readonly running: RunningProxy[] = [];
  readonly authority: TestAuthority;
  #config: SignInConfig | undefined;
  #servers: { close(): unknown; closeAllConnections(): void }[] = [];
  #others: ReplicaAddress[] = [];

  private constructor(authority: TestAuthority) {
    this.authority = authority;
  }

  /** `change`: what the first replica's configuration has beside what every one has. */
  static async make(change: (config: SignInConfig) => SignInConfig = same): Promise<SignInWorld> {
    const authority = await TestAuthority.make('sign-in');
    const world = new SignInWorld(authority);
    const server = await authority.issue({ commonName: 'sign-in', dnsNames: ['sign-in.test', 'localhost'] });
    writeIdentity(join(world.folder, 'sign-in-server'), server, authority.roots);
    const client = await authority.issue({ commonName: 'sign-in' });
    writeIdentity(join(world.folder, 'sign-in-client'), client, authority.roots);
    writeIdentity(join(world.folder, 'shop-client'), client, authority.roots);
    writeIdentity(
      join(world.folder, 'orders'),
      await authority.issue({ commonName: 'orders' }),
      authority.roots,
    );
    const app = await authority.issue({ commonName: 'shop', dnsNames: ['shop.shop.svc'] });
    const secure = createTlsServer(
      { ...app, ca: authority.roots, requestCert: true, rejectUnauthorized: true },
      world.secureApp.handle,
    );
    const [kratosPort, port, securePort] = [
      await world.#listen(world.kratos.server),
      await world.#listen(world.app.server),
      await world.#listen(secure),
    ];
    world.#config = {
      accounts,
      kratos: `http://127.0.0.1:${kratosPort}`,
      kratosConnections: 4,
      kratosCookie,
      replicas: 'sign-in-pods.invalid',
      replicaName: 'sign-in.test',
      providers: ['https://accounts.google.com'],
      managers: [],
      apps: [
        {
          name: 'shop',
          origins: [shopOrigin, 'https://www.test:8443'],
          service: 'shop.shop.svc',
          paths: [
            { path: '/secure', port: securePort, mutual: true },
            { path: '/', port, mutual: false },
          ],
        },
        {
          name: 'stock',
          origins: ['https://stock.test:8443'],
          service: 'stock.stock.svc',
          paths: [{ path: '/', port, mutual: false }],
        },
      ],
    };
    await world.startReplica(change);
    return world;
  }

  async #listen(server: Server | ReturnType<typeof createTlsServer>): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    return address.port;
  }

  async startReplica(change: (config: SignInConfig) => SignInConfig = same): Promise<RunningProxy> {
    if (this.#config === undefined) throw new Error('the world is not made yet');
    let own = 0;
    const running = await start(change(this.#config), {
      identities: this.folder,
      ports: { visitors: 0, keys: 0, probes: 0 },
      evenMs: 0,
      replicas: async () => this.#others.filter(({ port }) => port !== own),
      serviceHost: () => '127.0.0.1',
    });
    own = running.ports.keys;
    this.#others.push({ host: '127.0.0.1', port: own });
    this.running.push(running);
    return running;
  }

  /** Address of the app without the proxy. */
  get appPort(): number {
    const address = this.app.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The address of the keys, as an app is told it. */
  get keysAddress(): string {
    return `https://localhost:${this.running[0]?.ports.keys}/keys`;
  }

  /** A person who is signed in: the value of the cookie. */
  signIn(person = 'ada', seconds = 3_600): string {
    const value = `session-of-${person}-${this.kratos.sessions.size}`;
    this.kratos.sessions.set(value, { id: `id-${value}`, person, expires: Date.now() + seconds * 1_000 });
    return value;
  }

  ask(path: string, ask: VisitorRequest = {}, running = this.running[0]): Promise<Got> {
    return this.open(path, ask, running).then(async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString(),
      };
    });
  }

  /** An answer that may go on. */
  open(path: string, ask: VisitorRequest = {}, running = this.running[0]): Promise<IncomingMessage> {
    const { method = 'GET', host = 'shop.test:8443', headers = {}, body } = ask;
    return new Promise((done, fail) => {
      const asked = request({
        ...{ host: '127.0.0.1', port: running?.ports.visitors, method, path, agent: false },
        headers: { host, ...headers },
      });
      asked.once('response', done).once('error', fail);
      asked.end(body);
    });
  }

  /** A WebSocket's handshake: the socket, or the status of the refusal. */
  webSocket(headers: Record<string, string>): Promise<{ status: number; socket?: Socket }> {
    return new Promise((done, fail) => {
      const asked = request({
        ...{ host: '127.0.0.1', port: this.running[0]?.ports.visitors, path: '/socket', agent: false },
        headers: { host: 'shop.test:8443', connection: 'Upgrade', upgrade: 'websocket', ...headers },
      });
      asked.once('upgrade', (response, socket) => done({ status: response.statusCode ?? 0, socket }));
      asked.once('response', (response) => {
        response.resume();
        done({ status: response.statusCode ?? 0 });
      });
      asked.once('error', fail);
      asked.end();
    });
  }

  async close(): Promise<void> {
    for (const running of this.running) await running.stop(0);
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function same(config: SignInConfig): SignInConfig {
  return config;
}

/** Headers of a browser that opens a page. */
export const navigation = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };

/** The cookies that an answer sets, by name; '' for one that goes. */
export function cookiesSet({ headers }: Got): Map<string, string> {
  return new Map(
    (headers['set-cookie'] ?? []).map((text): [string, string] => {
      const [pair = ''] = text.split(';');
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
