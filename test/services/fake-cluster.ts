import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as passOn, type RequestOptions, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import { TestAuthority } from './authority.ts';
import { scratch } from './identity-folder.ts';

/** Content of a fake cluster. */
export interface FakeObjects {
  /** From `NAMESPACE/NAME` to keys and texts. */
  secrets: Record<string, Record<string, string>>;
  configMaps: Record<string, Record<string, string>>;
  /** From `NAMESPACE/NAME:PORT` to a port of this machine. */
  services: Record<string, number>;
  /** A real API server, which gets the requests for ConfigMaps that are not above. */
  behind?: KubeConfig;
}

/** An API server that knows Secrets, ConfigMaps, Services with one pod each, and the forwarding of ports to it. */
export class FakeCluster {
  /** A folder for PLINTH_STATE, with the kubeconfig of the cluster. */
  readonly state: string;
  /** Ways to pods that are open. */
  readonly open = new Set<Duplex>();
  readonly #server: Server;
  readonly #objects: FakeObjects;

  private constructor(objects: FakeObjects, server: Server, state: string) {
    this.#objects = objects;
    this.#server = server;
    this.state = state;
  }

  static async start(name: string, objects: FakeObjects): Promise<FakeCluster> {
    const authority = await TestAuthority.make('fake-cluster');
    const server = createServer(await authority.issue({ commonName: 'localhost', dnsNames: ['localhost'] }));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const state = scratch();
    mkdirSync(join(state, name));
    const roots = Buffer.from(authority.roots).toString('base64');
    const config = {
      'current-context': 'fake',
      clusters: [
        {
          name: 'fake',
          cluster: { server: `https://localhost:${port}`, 'certificate-authority-data': roots },
        },
      ],
      users: [{ name: 'me', user: { token: 'fake' } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me' } }],
    };
    writeFileSync(join(state, name, 'kubeconfig'), JSON.stringify(config));
    const cluster = new FakeCluster(objects, server, state);
    server.on('request', (request: IncomingMessage, response) => {
      const url = new URL(request.url ?? '/', 'http://fake');
      const body = cluster.#answer(url);
      if (body === undefined && objects.behind !== undefined && url.pathname.includes('/configmaps'))
        return void passTo(objects.behind, request, response);
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? { kind: 'Status', code: 404, message: 'there is none' }));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => cluster.#forward(request, socket));
    return cluster;
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #answer({ pathname, searchParams }: URL): object | undefined {
    const [, namespace = '', kind, name = ''] =
      /^\/api\/v1\/namespaces\/([^/]+)\/(secrets|configmaps|services|pods)\/?([^/]*)$/.exec(pathname) ?? [];
    const { secrets, configMaps, services } = this.#objects;
    const metadata = { name, namespace };
    const encoded = Object.entries(secrets[`${namespace}/${name}`] ?? {}).map(([key, text]) => [
      key,
      Buffer.from(text).toString('base64'),
    ]);
    if (kind === 'secrets' && encoded.length > 0)
      return { apiVersion: 'v1', kind: 'Secret', metadata, data: Object.fromEntries(encoded) };
    const data = configMaps[`${namespace}/${name}`];
    if (kind === 'configmaps' && data !== undefined)
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    const ports = Object.keys(services)
      .filter((key) => key.startsWith(`${namespace}/${name}:`))
      .map((key) => ({ port: Number(key.split(':')[1]), targetPort: 'it' }));
    if (kind === 'services' && ports.length > 0)
      return { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { of: name }, ports } };
    if (kind === 'pods') return this.#pods(namespace, searchParams.get('labelSelector')?.split('=')[1] ?? '');
    return undefined;
  }

  /** The pod of a Service: one that ends, which nobody wants, and one that is ready. */
  #pods(namespace: string, service: string): object {
    const port = Object.keys(this.#objects.services).find((key) =>
      key.startsWith(`${namespace}/${service}:`),
    );
    const pod = (name: string, metadata: object) => ({
      metadata: { name, namespace, ...metadata },
      spec: {
        containers: [{ name: 'a', ports: [{ name: 'it', containerPort: Number(port?.split(':')[1]) }] }],
      },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const ending = pod('ending', { deletionTimestamp: '2026-01-01T00:00:00Z' });
    return { apiVersion: 'v1', kind: 'PodList', items: [ending, pod(service, {})] };
  }

  /** The protocol v4.channel.k8s.io over a WebSocket: channel 0 is the port, channel 1 its errors. */
  #forward(request: IncomingMessage, socket: Duplex): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    const [, namespace, pod] =
      /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/portforward$/.exec(url.pathname) ?? [];
    const port = this.#objects.services[`${namespace}/${pod}:${url.searchParams.get('ports')}`];
    if (port === undefined) return void socket.destroy();
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    const protocol = `${request.headers['sec-websocket-protocol']}`.split(',')[0];
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    this.open.add(socket);
    const number = Buffer.from([port & 255, port >> 8]);
    for (const channel of [0, 1]) socket.write(frame(Buffer.concat([Buffer.from([channel]), number])));
    const to = connect(port, '127.0.0.1');
    to.on('data', (data) => socket.write(frame(Buffer.concat([Buffer.from([0]), data]))));
    to.on('close', () => socket.end()).on('error', () => socket.destroy());
    socket
      .on('error', () => to.destroy())
      .on('close', () => {
        this.open.delete(socket);
        to.destroy();
      });
    readFrames(
      socket,
      (data) => to.write(data.subarray(1)),
      () => to.end(),
    );
  }
}

/** Sends a request to a real API server, as its administrator, and its answer back. */
async function passTo(behind: KubeConfig, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const type = request.headers['content-type'];
  const options: RequestOptions = {
    ...(request.method === undefined ? {} : { method: request.method }),
    headers: type === undefined ? {} : { 'content-type': type },
  };
  await behind.applyToHTTPSOptions(options);
  const sent = passOn(`${behind.getCurrentCluster()?.server}${request.url}`, options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sent.on('error', () => response.destroy());
  request.pipe(sent);
}

/** A binary frame of a server (RFC 6455, 5.2). */
function frame(payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = 0x82;
  if (payload.length < 126) head[1] = payload.length;
  else {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  }
  if (payload.length > 0xffff) throw new Error('a frame of the test is too long');
  return Buffer.concat([head, payload]);
}

/** Reads the frames of a client, which are masked. */
function readFrames(socket: Duplex, onData: (data: Buffer) => void, onClose: () => void): void {
  let left = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    left = Buffer.concat([left, chunk]);
    for (;;) {
      if (left.length < 6) return;
      const short = (left[1] ?? 0) & 127;
      const start = short === 126 ? 8 : short === 127 ? 14 : 6;
      if (left.length < start) return;
      const length =
        short === 126 ? left.readUInt16BE(2) : short === 127 ? Number(left.readBigUInt64BE(2)) : short;
      if (left.length < start + length) return;
      const mask = left.subarray(start - 4, start);
      const payload = left.subarray(start, start + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
      const kind = (left[0] ?? 0) & 15;
      left = left.subarray(start + length);
      if (kind === 2) onData(Buffer.from(payload));
      else if (kind === 8) onClose();
    }
  });
}
