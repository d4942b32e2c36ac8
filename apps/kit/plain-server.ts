import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { log } from './log.ts';
import { registry } from './metrics.ts';
import { limitPipelining } from './pipelining.ts';

/** Throws if the service cannot work, with the reason. */
export type Check = () => Promise<unknown>;

/** Probes and scrapes are short and few. */
const limits = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 };
const silentMs = 30_000;
const mostConnections = 100;

/** The port for probes and metrics, for the kubelet and Prometheus only. It requires no identity. */
export class PlainServer {
  #server: Server;
  #stopping = false;

  private constructor(check: Check) {
    this.#server = createServer(
      limits,
      limitPipelining((request, response) => {
        const end = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
          response.writeHead(status, { 'content-type': type }).end(text);
        if (request.url === '/healthz') return end(200, 'ok\n');
        if (request.url === '/readyz') {
          if (this.#stopping) return end(503, 'stopping\n');
          return check().then(
            () => end(200, 'ok\n'),
            (error: unknown) => {
              log.warn('not ready', { error });
              end(503, 'not ready: see the log\n');
            },
          );
        }
        if (request.url === '/metrics') {
          return registry.metrics().then((text) => end(200, text, registry.contentType));
        }
        return end(404, 'not found\n');
      }),
    );
    this.#server.setTimeout(silentMs);
    this.#server.maxConnections = mostConnections;
  }

  static async listen(port: number, check: Check): Promise<PlainServer> {
    const server = new PlainServer(check);
    await new Promise<void>((done, fail) => {
      server.#server.once('error', fail);
      server.#server.listen(port, () => done());
    });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `/readyz` fails from now on. */
  stop(): void {
    this.#stopping = true;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }
}
