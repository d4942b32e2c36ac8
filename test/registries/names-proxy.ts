import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';

/**
 * A proxy, as HTTPS_PROXY names one, that leads every host to the port of the test's registries: so they are reached by
 * their own names, and nothing of this machine is changed.
 */
export class NamesProxy {
  /** What it was asked to connect to: `ghcr.io:443`. */
  readonly connected: string[] = [];
  readonly #closed = new Map<string, number>();
  #hangsUp = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port: number): Promise<NamesProxy> {
    const server = createServer((_, response) => response.writeHead(400).end());
    const proxy = new NamesProxy(server);
    server.on('connect', (request, client: Socket) => {
      const target = request.url ?? '';
      proxy.connected.push(target);
      proxy.#keep(client);
      if (proxy.#hangsUp) {
        client.end();
        return;
      }
      const refused = proxy.#closed.get(target.split(':')[0] ?? '');
      if (refused !== undefined) {
        client.end(`HTTP/1.1 ${refused} Refused\r\n\r\n`);
        return;
      }
      const upstream = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      proxy.#keep(upstream);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** From now on a host cannot be reached through it, which this status says. */
  refuse(host: string, status: number): void {
    this.#closed.set(host, status);
    this.#endTunnels();
  }

  /** From now on it ends every connection without an answer, as some firewalls do. */
  hangUp(): void {
    this.#hangsUp = true;
    this.#endTunnels();
  }

  /** Every host can be reached again. */
  open(): void {
    this.#closed.clear();
    this.#hangsUp = false;
  }

  async stop(): Promise<void> {
    this.#endTunnels();
    await new Promise((done) => this.#server.close(done));
  }

  #endTunnels(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }
}
