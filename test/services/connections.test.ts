import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { admitted } from '../../apps/kit/callers.ts';
import { ask } from '../../apps/kit/client.ts';
import { HealthClient } from '../../apps/kit/generated/health.ts';
import { ServerReflectionClient } from '../../apps/kit/generated/reflection.ts';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { type Limits, MutualServer } from '../../apps/kit/mutual-server.ts';
import { asRefusal } from '../../apps/kit/refusal.ts';
import { type Pair, TestAuthority } from './authority.ts';
import { writeIdentity } from './identity-folder.ts';
import { connect, eventually, identity } from './world.ts';

const names = ['localhost'];
let authority: TestAuthority;
let home: Pair;
let folder = '';
let server: MutualServer;
const open: { destroy(): void }[] = [];

beforeAll(async () => {
  authority = await TestAuthority.make('connections');
  home = await authority.issue({ commonName: 'home' });
});

afterEach(async () => {
  vi.useRealTimers();
  for (const each of open.splice(0)) each.destroy();
  await server.close(0);
});

/** A server whose HTTP face answers each request that it has read to its end with who made it. */
async function serve(limits: Partial<Limits> = {}): Promise<void> {
  folder = await identity(authority, 'server', names);
  const callers = new Set(['home', 'other']);
  server = await MutualServer.listen({
    ...{ port: 0, identity: new IdentityFolder(folder), callers, services: [], limits },
    http: (request, response) => {
      request.resume();
      request.on('error', () => {}); // the test goes away
      request.on('end', () => {
        if (request.url === '/never') return;
        try {
          response.end(admitted(request.socket, callers));
        } catch (error) {
          response.writeHead(401).end(asRefusal(error).message);
        }
      });
    },
  });
}

function tcp(): Socket {
  const socket = connectTcp({ host: 'localhost', port: server.port });
  socket.on('error', () => {}); // closed by the other side, which is what is looked at
  open.push(socket);
  return socket;
}

function tls(pair: Partial<Pair> = home, more: object = {}): TLSSocket {
  const socket = connectTls({
    ...{ host: 'localhost', port: server.port, ca: authority.roots, ALPNProtocols: ['http/1.1'] },
    ...pair,
    ...more,
  });
  socket.on('error', () => {}); // as above
  open.push(socket);
  return socket;
}

/** Everything that a connection sends until the other side closes it. */
async function untilClosed(socket: Socket): Promise<string> {
  let said = '';
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  if (!socket.closed) await new Promise((done) => socket.once('close', done));
  return said;
}

/** Sends one byte after another for as long as somebody takes them. */
function trickle(socket: Socket): void {
  const timer = setInterval(() => {
    if (socket.writable) socket.write('a');
  }, 50);
  socket.once('close', () => clearInterval(timer));
}

async function get(agent: Agent, path = '/'): Promise<{ status: number; body: string; connection: string }> {
  return new Promise((done, fail) => {
    const call = httpsRequest({ agent, host: 'localhost', port: server.port, path }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      done({ status: response.statusCode ?? 0, body, connection: String(response.headers.connection) });
    });
    call.on('error', fail);
    call.end();
  });
}

/** One connection that is kept. */
function keeper(pair = home): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.roots, ...pair });
  open.push(agent);
  return agent;
}

describe('a connection is closed', () => {
  it.each([
    ['if the client does not use TLS', () => tcp(), 'GET / HTTP/1.1\r\n\r\n'],
    ['if the client has no certificate', () => tls({}), ''],
    ['if the client stops during the handshake', () => tcp(), '\x16\x03\x01'],
    ['if the client sends nothing', () => tcp(), ''],
  ])('%s', async (_who, make, text) => {
    await serve({ handshakeMs: 500 });
    const socket = make();
    socket.write(text);
    await untilClosed(socket);
  });

  it('if its headers take too long', async () => {
    await serve({ headersMs: 500 });
    const socket = tls();
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nx: ');
    trickle(socket);
    expect(await untilClosed(socket)).toContain('408 Request Timeout');
  });

  it('if its body takes too long', async () => {
    await serve({ headersMs: 500, requestMs: 1_000 });
    const socket = tls();
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n');
    trickle(socket);
    expect(await untilClosed(socket)).toContain('408 Request Timeout');
  });

  it('if it is idle for too long', async () => {
    await serve({ silentMs: 500 });
    const socket = tls();
    socket.write('GET /never HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await untilClosed(socket);
  });

  it('when the client certificate expires', async () => {
    await serve();
    const socket = tls(await authority.issue({ commonName: 'home', seconds: 3 }));
    await once(socket, 'secureConnect');
    await untilClosed(socket);
  });

  it('with the next answer after its maximum age', async () => {
    await serve({ ageMs: 300 });
    const agent = keeper();
    expect(await get(agent)).toMatchObject({ status: 200, body: 'home', connection: 'keep-alive' });
    const connection = await eventually(async () => {
      const { connection } = await get(agent);
      return connection === 'close' ? connection : undefined;
    });
    expect(connection).toBe('close');
  });

  it('before authentication, when the server stops', async () => {
    await serve();
    const socket = tcp();
    await once(socket, 'connect');
    await Promise.all([untilClosed(socket), server.close(60_000)]);
  });
});

describe('a certificate that expired during its connection', () => {
  /** The clock alone: no timer runs faster. */
  const later = () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });

  it('is refused for the next HTTP request', async () => {
    await serve();
    const agent = keeper();
    expect((await get(agent)).status).toBe(200);
    later();
    expect(await get(agent)).toMatchObject({
      status: 401,
      body: expect.stringMatching(/^the certificate of home is valid from .* to .*GMT: connect again/),
    });
  });

  it('is refused for the next gRPC call', async () => {
    await serve();
    const client = connect(HealthClient, `localhost:${server.port}`, await identity(authority, 'home'));
    await ask(client, client.check, { service: '' });
    later();
    await expect(ask(client, client.check, { service: '' })).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
      details: expect.stringContaining('connect again'),
    });
    client.close();
  });
});

describe('the removal of a trusted root', () => {
  it('closes existing connections with its certificates', async () => {
    const next = await TestAuthority.make('connections 2');
    await serve();
    const agent = keeper();
    expect((await get(agent)).status).toBe(200);
    const [socket] = Object.values(agent.freeSockets).flat();
    const options = { 'grpc.service_config': '{}' };
    const client = connect(
      HealthClient,
      `localhost:${server.port}`,
      await identity(authority, 'home'),
      options,
    );
    await ask(client, client.check, { service: '' });
    writeIdentity(folder, await authority.issue({ commonName: 'server', dnsNames: names }), next.roots);
    await eventually(() => (socket?.destroyed ? true : undefined));
    await eventually(() =>
      ask(client, client.check, { service: '' }).then(
        () => undefined,
        ({ code }) => (code === status.UNAVAILABLE ? true : undefined),
      ),
    );
    client.close();
  });
});

describe('a renewed server certificate', () => {
  it('keeps the TLS version and the required client certificate', async () => {
    await serve();
    const renewed = await authority.issue({ commonName: 'server', dnsNames: names });
    writeIdentity(folder, renewed, authority.roots);
    const serial = () =>
      new Promise<string>((done) => {
        const socket = tls();
        socket.once('secureConnect', () => done(socket.getPeerCertificate().serialNumber));
      });
    const first = await serial();
    await eventually(async () => ((await serial()) === first ? undefined : true));
    const old = tls(home, { maxVersion: 'TLSv1.2' });
    const [error] = await once(old, 'error');
    expect(String(error)).toMatch(/protocol version|alert/);
    await untilClosed(tls({}));
  });

  it('is used by every new connection, because no TLS session is resumed', async () => {
    await serve();
    const first = tls();
    let session: Buffer | undefined;
    first.on('session', (given) => {
      session = given;
    });
    await once(first, 'secureConnect');
    first.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    await untilClosed(first);
    const second = tls(home, { session });
    await once(second, 'secureConnect');
    expect(second.isSessionReused()).toBe(false);
  });
});

describe('the server limits', () => {
  it('connections per caller, without effect on other callers', async () => {
    await serve({ connectionsPerCaller: 3 });
    const mine = [tls(), tls(), tls()];
    await Promise.all(mine.map((socket) => once(socket, 'secureConnect')));
    await untilClosed(tls());
    const other = keeper(await authority.issue({ commonName: 'other' }));
    expect(await get(other)).toMatchObject({ status: 200, body: 'other' });
    mine[0]?.destroy();
    await eventually(() =>
      get(keeper()).then(
        ({ status }) => (status === 200 ? true : undefined),
        () => undefined,
      ),
    );
  });

  it('unfinished handshakes per address', async () => {
    await serve({ handshakesPerAddress: 3 });
    const silent = [tcp(), tcp(), tcp()];
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    await untilClosed(tcp());
    silent[0]?.destroy();
    await eventually(() =>
      get(keeper()).then(
        ({ status }) => (status === 200 ? true : undefined),
        () => undefined,
      ),
    );
  });
});

describe('a call', () => {
  it('without a request is ended', async () => {
    await serve({ requestMs: 500 });
    const folder = await identity(authority, 'home');
    const client = connect(ServerReflectionClient, `localhost:${server.port}`, folder);
    const call = client.serverReflectionInfo();
    call.on('data', () => {});
    const [error] = await once(call, 'error');
    expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED, details: 'no request within 0.5 s' });
    client.close();
  });

  it('with a deadline beyond 24.8 days is served', async () => {
    await serve();
    const folder = await identity(authority, 'home');
    const client = connect(HealthClient, `localhost:${server.port}`, folder);
    for (const days of [25, 50, 1_000, 40_000]) {
      await expect(ask(client, client.check, { service: '' }, days * 86_400_000)).resolves.toBeDefined();
    }
    client.close();
  });

  it('that watches an unknown service does not delay the stop of the server', async () => {
    await serve();
    const client = connect(HealthClient, `localhost:${server.port}`, await identity(authority, 'home'));
    const call = client.watch({ service: 'nothing' });
    await once(call, 'data');
    const ended = once(call.resume(), 'end');
    await Promise.all([ended, server.close(60_000)]);
    client.close();
  });
});
