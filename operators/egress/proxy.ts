/*
 * A proxy for one app: it opens tunnels (HTTP CONNECT, RFC 9110 9.3.6) only to the hosts that the app may
 * call. A NetworkPolicy admits only that app. The file runs in the cluster unchanged, from a ConfigMap: Node
 * strips the types, and it imports only Node's own modules.
 */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { BlockList, connect, isIPv6, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';

/** The content of the ConfigMap. */
export interface Config {
  /** `name:port`; the name may begin with `*.`, which stands for one label. */
  hosts: string[];
  /** Private networks that these hosts may be in. */
  privateNetworks: string[];
}

/** Name service and log; tests replace both. */
export interface Outside {
  lookup(host: string): Promise<string[]>;
  /** Logs one object per tunnel, opened or refused. */
  log(line: Record<string, unknown>): void;
}

/** Addresses outside of the public internet (RFC 6890): pods, nodes, metadata services, this machine. */
export const privateNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** Time limit of a connection to a host, in milliseconds. */
const patience = 10_000;

/** Largest first message of TLS, in bytes. */
const longestHello = 16 * 1024;

export function egressProxy({ hosts, privateNetworks: taken }: Config, outside: Outside): Server {
  const refused = blockList(privateNetworks);
  const excepted = blockList(taken);
  const reachable = (address: string): boolean =>
    // No IPv6 address is reachable: pods have none.
    !isIPv6(address) && (excepted.check(address) || !refused.check(address));

  const server = createServer((request, response) => {
    const well = request.url === '/healthz';
    response.writeHead(well ? 200 : 405, { 'content-type': 'text/plain' });
    response.end(
      well ? 'ok\n' : 'This proxy opens tunnels: CONNECT host:port. Set HTTPS_PROXY, and call https://.\n',
    );
  });

  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    const [, name = '', port = ''] = /^([a-zA-Z0-9.-]+):(\d{1,5})$/.exec(request.url ?? '') ?? [];
    const host = name.toLowerCase().replace(/\.$/, '');
    const refuse = (status: string, why: string): void => {
      outside.log({ level: 'warn', refused: request.url, why });
      client.end(`HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${why}\n`);
    };
    if (!hosts.some((allowed) => fits(allowed, host, port))) {
      refuse(
        '403 Forbidden',
        `${host || 'a request without a name'}:${port} is not a host that this app may call: add it to { kind: 'internet', hosts } in its app.ts`,
      );
      return;
    }
    void addressesOf(host, reachable, outside)
      .then((addresses) => open(host, addresses, Number(port)))
      .then(
        (upstream) => tunnel({ client, upstream, host, head, port }, outside),
        (error: unknown) => refuse('502 Bad Gateway', error instanceof Error ? error.message : String(error)),
      );
  });
  server.maxConnections = 1024;
  return server;
}

async function addressesOf(
  host: string,
  reachable: (address: string) => boolean,
  outside: Outside,
): Promise<string[]> {
  const addresses = await outside.lookup(host);
  const found = addresses.filter(reachable);
  if (found.length > 0) return found;
  throw new Error(`${host} has no address outside of the cluster: ${addresses.join(', ') || 'none'}`);
}

/** A connection to the first address that accepts one. */
async function open(host: string, addresses: readonly string[], port: number): Promise<Socket> {
  let why: unknown;
  for (const address of addresses) {
    try {
      return await connected(address, port);
    } catch (error) {
      why = error;
    }
  }
  throw new Error(`${host}:${port} accepts no connection: ${why instanceof Error ? why.message : why}`);
}

/** Connects both ends, after the client's first message has named the host of the tunnel. */
function tunnel(
  of: { client: Duplex; upstream: Socket; host: string; port: string; head: Buffer },
  outside: Outside,
): void {
  const { client, upstream, host, port, head } = of;
  const close = (): void => {
    client.destroy();
    upstream.destroy();
  };
  upstream.on('error', close);
  client.on('close', () => upstream.destroy());
  client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  // In some protocols the server speaks first.
  upstream.pipe(client);
  let hello = head;
  const look = (chunk: Buffer): void => {
    hello = Buffer.concat([hello, chunk]);
    const said = serverName(hello);
    if (said === 'unfinished' && hello.length < longestHello) return;
    client.off('data', look);
    client.pause();
    if (said !== 'no TLS' && said !== host) {
      const why = `the tunnel is for another host: ${said}`;
      outside.log({ level: 'warn', refused: `${host}:${port}`, why });
      close();
      return;
    }
    outside.log({ level: 'info', opened: `${host}:${port}` });
    upstream.write(hello);
    pipeline(client, upstream, () => undefined);
  };
  client.on('data', look);
  if (head.length > 0) look(Buffer.alloc(0));
}

function fits(allowed: string, host: string, port: string): boolean {
  const [name = '', allowedPort] = allowed.split(':');
  if (allowedPort !== port) return false;
  if (!name.startsWith('*.')) return name === host;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot) === name.slice(1);
}

function connected(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: patience });
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${patience / 1000} s`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.setKeepAlive(true, 60_000);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), 'ipv4');
  }
  return list;
}

/**
 * The host name in the first message of TLS (RFC 8446 4.1.2; RFC 6066 3); 'no TLS' for other data,
 * 'unfinished' if more data is needed, and '' if it has no host name.
 */
export function serverName(bytes: Buffer): string {
  if (bytes.length > 0 && bytes[0] !== 0x16) return 'no TLS';
  // Of each record: type, version, length. A message can span several records.
  let message = Buffer.alloc(0);
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 3);
    message = Buffer.concat([message, bytes.subarray(at + 5, at + 5 + length)]);
    at += 5 + length;
  }
  if (message.length < 4) return 'unfinished';
  if (message[0] !== 1) return 'no TLS';
  if (message.length < 4 + message.readUIntBE(1, 3)) return 'unfinished';
  try {
    return nameIn(message);
  } catch (error) {
    // A length beyond the end of the message.
    if (error instanceof RangeError) return '';
    throw error;
  }
}

function nameIn(hello: Buffer): string {
  // Type and length of the message, version, random.
  let at = 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)];
    // A list with one name of the type 0.
    if (type === 0 && hello.readUInt8(at + 6) === 0)
      return hello.toString('latin1', at + 9, at + 9 + hello.readUInt16BE(at + 7)).toLowerCase();
    at += 4 + length;
  }
  return '';
}

if (import.meta.main) {
  const [, , file = '', port = ''] = process.argv;
  const config: Config = JSON.parse(readFileSync(file, 'utf8'));
  const server = egressProxy(config, {
    lookup: async (host) => (await lookup(host, { all: true, family: 4 })).map(({ address }) => address),
    log: (line) => void process.stdout.write(`${JSON.stringify({ time: new Date(), ...line })}\n`),
  });
  server.listen(Number(port));
  process.once('SIGTERM', () => {
    // Open tunnels continue until the pod is killed.
    server.close(() => process.exit(0));
  });
}
