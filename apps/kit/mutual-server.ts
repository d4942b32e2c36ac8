import { createServer as createHttp, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTls, type TLSSocket } from 'node:tls';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { onlyCallers } from './callers.ts';
import { descriptors } from './generated/descriptors.ts';
import { HealthService } from './generated/health.ts';
import { ServerReflectionService } from './generated/reflection.ts';
import { Health } from './health.ts';
import type { Identity, IdentityFolder } from './identity.ts';
import { log } from './log.ts';
import { refusedHandshakes } from './metrics.ts';
import { reflection } from './reflection.ts';

/** A service of a contract, and what carries it out. */
export interface Implemented {
  name: string;
  definition: ServiceDefinition;
  implementation: UntypedServiceImplementation;
  /** The contract as a FileDescriptorSet in base64, for reflection. */
  descriptors: string;
}

interface MutualServerInput {
  port: number;
  identity: IdentityFolder;
  /** Names that may call by gRPC; the HTTP face asks for itself. */
  callers: ReadonlySet<string>;
  services: readonly Implemented[];
  /** Serves those who speak HTTP/1.1 on the same port; none: gRPC alone. */
  http?: RequestListener;
}

/** So long a connection lives: after it, every caller has shown the certificate that it holds now. */
const connectionAgeMs = 300_000;
/** So long calls that run then, such as a worker's, may take to end. */
const connectionGraceMs = 600_000;

/**
 * One port that nobody gets past without a certificate which the roots vouch for. A renewed certificate is used from the
 * next connection on; those that are open go on.
 */
export class MutualServer {
  readonly health: Health;
  #grpc: Server;
  #http;
  #tls;

  private constructor({ identity, callers, services, http }: MutualServerInput) {
    this.health = new Health(services.map(({ name }) => name));
    this.#grpc = new Server({
      'grpc.max_connection_age_ms': connectionAgeMs,
      'grpc.max_connection_age_grace_ms': connectionGraceMs,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.max_receive_message_length': 1024 * 1024,
      interceptors: [onlyCallers(callers)],
    });
    for (const { definition, implementation } of services) this.#grpc.addService(definition, implementation);
    this.#grpc.addService(HealthService, this.health.implementation);
    this.#grpc.addService(
      ServerReflectionService,
      reflection(
        [...services.map(({ name }) => name), 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection'],
        [descriptors, ...services.map((service) => service.descriptors)],
      ),
    );
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());

    this.#http = createHttp(http ?? ((_request, response) => response.writeHead(404).end()));
    this.#http.requestTimeout = 30_000;

    this.#tls = createTls({
      ...context(identity.current),
      minVersion: 'TLSv1.3',
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: 10_000,
      // Who offers both, such as a browser, wants HTTP; gRPC offers h2 alone.
      ALPNCallback: ({ protocols }) =>
        ['http/1.1', 'h2'].find(
          (known) => protocols.includes(known) && (known === 'h2' || http !== undefined),
        ),
    });
    this.#tls.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => {}); // the other side hung up: the calls on it end with it
      if (socket.alpnProtocol === 'h2') injector.injectConnection(socket);
      else if (http !== undefined) this.#http.emit('connection', socket);
      else socket.destroy();
    });
    this.#tls.on('tlsClientError', (error) => {
      refusedHandshakes.inc();
      log.warn('connection refused', { error: error.message });
    });
    identity.onRenewed(() => this.#tls.setSecureContext(context(identity.current)));
  }

  static async listen(input: MutualServerInput): Promise<MutualServer> {
    const server = new MutualServer(input);
    await new Promise<void>((done, fail) => {
      server.#tls.once('error', fail);
      server.#tls.listen(input.port, () => done());
    });
    return server;
  }

  get port(): number {
    const address = this.#tls.address() as AddressInfo;
    return address.port;
  }

  /** Takes nothing new and waits for the calls that run, for at most `graceMs`; then they are cut off. */
  async close(graceMs: number): Promise<void> {
    this.health.stop();
    const closed = new Promise<void>((done) => this.#tls.close(() => done()));
    const calls = new Promise<void>((done) => this.#grpc.tryShutdown(() => done()));
    const requests = new Promise<void>((done) => this.#http.close(() => done()));
    this.#http.closeIdleConnections();
    const all = Promise.all([calls, requests]);
    const timer = setTimeout(() => {
      log.warn('calls were cut off: they took too long to end', { graceMs });
      this.#grpc.forceShutdown();
      this.#http.closeAllConnections();
    }, graceMs);
    await all;
    clearTimeout(timer);
    await closed;
  }
}

function context({ cert, key, roots }: Identity) {
  return { cert, key, ca: roots };
}
