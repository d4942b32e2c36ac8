import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../test/services/authority.ts';
import { type Config, egressProxy, serverName } from './proxy.ts';

const open: { close(): unknown }[] = [];
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.make('pay');
});

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** Port of a server that is closed after the test. */
async function listening(
  server:
    | ({ listen(port: number, host: string): unknown; address(): unknown } & Server)
    | ReturnType<typeof createServer>,
  host = '127.0.0.1',
): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

/** A server outside, for `pay.example.org`, which says who it is and repeats what it hears. */
async function outsideServer(): Promise<number> {
  const { cert, key } = await authority.issue({
    commonName: 'pay',
    dnsNames: ['pay.example.org', 'other.example.org'],
  });
  return listening(
    createTlsServer({ cert, key }, (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    }),
  );
}

interface World {
  proxy: number;
  log: Record<string, unknown>[];
}

async function world(config: Partial<Config>, addresses: Record<string, string[]>): Promise<World> {
  const log: Record<string, unknown>[] = [];
  const server = egressProxy(
    { hosts: [], privateNetworks: ['127.0.0.0/8'], ...config },
    { lookup: async (host) => addresses[host] ?? [], log: (line) => void log.push(line) },
  );
  return { proxy: await listening(server), log };
}

/** Requests a tunnel; returns the status, the text of a refusal, and the tunnel. */
async function tunnel(
  { proxy }: World,
  to: string,
): Promise<{ status: number; text: string; socket: Socket }> {
  const asked = request({ host: '127.0.0.1', port: proxy, method: 'CONNECT', path: to, agent: false });
  asked.end();
  const [response, socket, head] = await once(asked, 'connect');
  open.push({ close: () => socket.destroy() });
  // What came with the answer already is of the tunnel.
  if (head.length > 0 && response.statusCode === 200) socket.unshift(head);
  if (response.statusCode === 200) return { status: 200, text: '', socket };
  const chunks = [head];
  for await (const chunk of socket) chunks.push(chunk);
  return { status: response.statusCode, text: Buffer.concat(chunks).toString(), socket };
}

/** Speaks TLS through a tunnel and says one word; what comes back. */
async function say(socket: Socket, servername: string): Promise<string> {
  const secure = connectTls({ socket, servername, ca: authority.roots });
  open.push({ close: () => secure.destroy() });
  await once(secure, 'secureConnect');
  secure.write('hello');
  const [answer] = await once(secure, 'data');
  return String(answer);
}

describe('the proxy of an app', () => {
  it('opens a tunnel to an allowed host, with TLS end to end', async () => {
    const port = await outsideServer();
    const here = await world({ hosts: [`pay.example.org:${port}`] }, { 'pay.example.org': ['127.0.0.1'] });
    const { socket } = await tunnel(here, `pay.example.org:${port}`);
    expect(await say(socket, 'pay.example.org')).toBe('hello');
    expect(here.log).toContainEqual({ level: 'info', opened: `pay.example.org:${port}` });
  });

  it.each([
    ['another host', 'evil.example.org:443'],
    ['another port', 'pay.example.org:8443'],
    ['a name that begins the same', 'pay.example.org.evil.test:443'],
    ['a name that ends the same', 'xpay.example.org:443'],
    ['a name below', 'a.pay.example.org:443'],
    ['an address', '203.0.113.7:443'],
    ['an address of IPv6', '[::1]:443'],
    ['no port', 'pay.example.org'],
    ['what is no name', 'pay.example.org%00:443'],
  ])('refuses %s, and tells how to allow it', async (_, to) => {
    const here = await world({ hosts: ['pay.example.org:443'] }, { 'evil.example.org': ['127.0.0.1'] });
    const { status, text } = await tunnel(here, to);
    expect(status).toBe(403);
    expect(text).toContain("add it to { kind: 'internet', hosts } in its app.ts");
    expect(here.log).toMatchObject([{ level: 'warn', refused: to }]);
  });

  it('refuses a tunnel whose TLS handshake is for another host than the allowed one', async () => {
    const port = await outsideServer();
    const here = await world({ hosts: [`pay.example.org:${port}`] }, { 'pay.example.org': ['127.0.0.1'] });
    const { socket } = await tunnel(here, `pay.example.org:${port}`);
    await expect(say(socket, 'other.example.org')).rejects.toThrow();
    expect(here.log).toMatchObject([
      { level: 'warn', why: 'the tunnel is for another host: other.example.org' },
    ]);
  });

  it('refuses a name that resolves to a pod, a node or a metadata service', async () => {
    const addresses = [
      '10.96.0.1',
      '172.18.0.2',
      '192.168.1.1',
      '169.254.169.254',
      '127.0.0.1',
      '100.64.0.1',
      '::1',
    ];
    const here = await world(
      { hosts: ['pay.example.org:443'], privateNetworks: [] },
      { 'pay.example.org': addresses },
    );
    const { status, text } = await tunnel(here, 'pay.example.org:443');
    expect([status, text]).toEqual([502, expect.stringContaining('has no address outside of the cluster')]);
  });

  it('tries the next address if the first accepts no connection', async () => {
    const port = await outsideServer();
    const addresses = ['127.0.0.9', '127.0.0.1'];
    const here = await world({ hosts: [`pay.example.org:${port}`] }, { 'pay.example.org': addresses });
    const { socket } = await tunnel(here, `pay.example.org:${port}`);
    expect(await say(socket, 'pay.example.org')).toBe('hello');
  });

  it('resolves a name for each tunnel, and so follows DNS changes', async () => {
    const port = await outsideServer();
    const addresses = { 'pay.example.org': ['10.0.0.1'] };
    const here = await world({ hosts: [`pay.example.org:${port}`] }, addresses);
    expect((await tunnel(here, `pay.example.org:${port}`)).status).toBe(502);
    addresses['pay.example.org'] = ['127.0.0.1'];
    expect((await tunnel(here, `pay.example.org:${port}`)).status).toBe(200);
  });

  it('keeps pooled tunnels and opens new ones while DNS answers rotate and an address goes away', async () => {
    const { cert, key } = await authority.issue({ commonName: 'pay', dnsNames: ['pay.example.org'] });
    /** One server at all addresses, as far as they are not gone; `heard` counts words by address. */
    const [gone, heard] = [new Set<string>(), new Map<string, number>()];
    const port = await listening(
      createTlsServer({ cert, key }, (socket: TLSSocket) => socket.on('error', () => undefined)),
      '0.0.0.0',
    );
    const server = open.at(-1) as ReturnType<typeof createTlsServer>;
    server.on('secureConnection', (socket: TLSSocket) => {
      const at = socket.localAddress ?? '';
      if (gone.has(at)) return socket.destroy();
      socket.on('data', (word) => {
        heard.set(at, (heard.get(at) ?? 0) + 1);
        socket.write(word);
      });
    });
    const answers = { 'pay.example.org': ['127.0.0.2', '127.0.0.3', '127.0.0.4'] };
    const here = await world({ hosts: [`pay.example.org:${port}`] }, answers);
    const pool: TLSSocket[] = [];
    for (let call = 0; call < 300; call++) {
      const [first = '', ...others] = answers['pay.example.org'];
      answers['pay.example.org'] = [...others, first];
      if (call === 150)
        answers['pay.example.org'] = answers['pay.example.org'].filter((at) => at !== '127.0.0.3');
      if (call === 150) gone.add('127.0.0.3');
      let secure = pool[call % 8];
      if (secure === undefined || call % 40 === 0) {
        secure?.destroy();
        const { socket } = await tunnel(here, `pay.example.org:${port}`);
        secure = connectTls({ socket, servername: 'pay.example.org', ca: authority.roots });
        open.push({ close: () => secure?.destroy() });
        await once(secure, 'secureConnect');
        pool[call % 8] = secure;
      }
      secure.write(`${call}`);
      expect(String((await once(secure, 'data'))[0])).toBe(`${call}`);
    }
    expect([...heard.keys()].sort()).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.4']);
    expect([...heard.values()].reduce((sum, each) => sum + each, 0)).toBe(300);
  });

  it('a star stands for one label', async () => {
    const port = await outsideServer();
    const host = (name: string) => `${name}:${port}`;
    const here = await world(
      { hosts: [host('*.example.org')] },
      { 'pay.example.org': ['127.0.0.1'], 'a.pay.example.org': ['127.0.0.1'] },
    );
    expect((await tunnel(here, host('pay.example.org'))).status).toBe(200);
    expect((await tunnel(here, host('a.pay.example.org'))).status).toBe(403);
    expect((await tunnel(here, host('example.org'))).status).toBe(403);
  });

  it('lets a server speak first, as mail servers do', async () => {
    const port = await listening(
      createServer((socket) => void socket.on('error', () => undefined).end('220 ready\r\n')),
    );
    const here = await world({ hosts: [`mail.example.org:${port}`] }, { 'mail.example.org': ['127.0.0.1'] });
    const { socket } = await tunnel(here, `mail.example.org:${port}`);
    expect(String((await once(socket, 'data'))[0])).toBe('220 ready\r\n');
  });

  it('answers its probe, and no other request without a tunnel', async () => {
    const { proxy } = await world({}, {});
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${proxy}${path}`)).status;
    expect([await status('/healthz'), await status('/'), await status('/http://pay.example.org/')]).toEqual([
      200, 405, 405,
    ]);
  });

  it('continues after clients that disconnect and invalid requests', async () => {
    const here = await world({ hosts: ['pay.example.org:443'] }, {});
    const broken = connect(here.proxy, '127.0.0.1');
    broken.end('\u0000\u0001 no request\r\n\r\n');
    await once(broken.resume(), 'close');
    const { status } = await tunnel(here, 'evil.example.org:443');
    expect(status).toBe(403);
  });
});

describe('the name in the first message of TLS', () => {
  /** The first message of a TLS client. */
  async function hello(servername: string): Promise<Buffer> {
    const server = createServer();
    const port = await listening(server);
    const client = connectTls({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
    client.on('error', () => undefined);
    open.push({ close: () => client.destroy() });
    const [socket]: Socket[] = await once(server, 'connection');
    const [chunk] = await once(socket ?? client, 'data');
    return chunk;
  }

  it('is found in complete and partial messages', async () => {
    const bytes = await hello('pay.example.org');
    expect(serverName(bytes)).toBe('pay.example.org');
    for (let length = 0; length < bytes.length; length += 7)
      expect(serverName(bytes.subarray(0, length))).toBe('unfinished');
  });

  it('is empty if the message has none', async () => {
    expect(serverName(await hello(''))).toBe('');
  });

  it('is not searched in data other than TLS', () => {
    expect(serverName(Buffer.from('GET / HTTP/1.1\r\n'))).toBe('no TLS');
  });

  it('never throws, for any bytes', async () => {
    const bytes = await hello('pay.example.org');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(bytes.length - 1), (noise, at) => {
        const changed = Buffer.from(bytes);
        changed.set(noise.subarray(0, bytes.length - at), at);
        expect(typeof serverName(changed)).toBe('string');
        expect(typeof serverName(Buffer.from(noise))).toBe('string');
      }),
    );
  });
});

it('runs as a program, unchanged from a mounted ConfigMap', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-egress-'));
  open.push({ close: () => rmSync(folder, { recursive: true, force: true }) });
  // As a kubelet mounts it: links to a folder of the day.
  const data = join(folder, '..data');
  cpSync(join(import.meta.dirname, 'proxy.ts'), join(data, 'proxy.ts'), { recursive: true });
  writeFileSync(join(data, 'hosts.json'), JSON.stringify({ hosts: [], privateNetworks: [] }));
  for (const file of ['proxy.ts', 'hosts.json']) symlinkSync(join('..data', file), join(folder, file));
  const free = createServer();
  const port = await listening(free);
  free.close();
  await once(free, 'close');
  const args = [join(folder, 'proxy.ts'), join(folder, 'hosts.json'), String(port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  open.push({ close: () => child.kill() });
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          (response) => response.status,
          () => undefined,
        ),
      {
        timeout: 15_000,
      },
    )
    .toBe(200);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
