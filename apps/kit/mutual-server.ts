import { constants } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { endOf, nameOf, onlyCallers } from './callers.ts';
import { clampDeadlines } from './deadlines.ts';
import { readInTime, tolerant } from './first-message.ts';
import { descriptors } from './generated/descriptors.ts';
import { HealthService } from './generated/health.ts';
import { Health } from './health.ts';
import type { Identity, IdentityFolder } from './identity.ts';
import { log } from './log.ts';
import { connectionsOverLimit, refusedHandshakes } from './metrics.ts';
import { OpenConnections } from './open-connections.ts';
import { certificatesIn } from './pem.ts';
import { reflection, reflectionServices } from './reflection.ts';
import { longestMs } from './unary.ts';

/** A service of a contract, and what carries it out. */
export interface Implemented {
  name: string;
  definition: ServiceDefinition;
  implementation: UntypedServiceImplementation;
  /** The contract as a FileDescriptorSet in base64, for reflection. */
  descriptors: string;
}

/** How long a connection may take for what, and how many there may be. */
export interface Limits {
  handshakeMs: number;
  /** From the start of a request over HTTP/1.1 to the end of its headers. */
  headersMs: number;
  /** To the end of its body; also for the request of a call. */
  requestMs: number;
  /** Without a byte in either direction, over HTTP/1.1. */
  silentMs: number;
  /** So long a connection lives: after it, every caller has shown the certificate that it holds now. */
  ageMs: number;
  /** So long calls that run then, such as a worker's, may take to end. */
  graceMs: number;
  /** That have not proved yet who they are, from one address. */
  handshakesPerAddress: number;
  connectionsPerCaller: number;
}

const usualLimits: Limits = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 30_000,
  silentMs: longestMs + 30_000,
  ageMs: 300_000,
  graceMs: 600_000,
  handshakesPerAddress: 100,
  connectionsPerCaller: 200,
};

interface MutualServerInput {
  port: number;
  identity: IdentityFolder;
  /** Names that may call by gRPC; the HTTP face asks for itself. */
  callers: ReadonlySet<string>;
  services: readonly Implemented[];
  /** Serves those who speak HTTP/1.1 on the same port; none: gRPC alone. */
  http?: RequestListener;
  limits?: Partial<Limits>;
}

/**
 * One port that nobody gets past without a certificate which the roots vouch for. A renewed certificate is used from the
 * next connection on; those that are open go on, until they are old, their caller's certificate ends, or a root is taken away.
 */
export class MutualServer {
  readonly health: Health;
  #limits: Limits;
  #grpc: Server;
  #injector;
  #server: HttpsServer;
  /** What Node does with a connection that speaks HTTP/1.1. */
  #speakHttp: ((socket: TLSSocket) => void) | undefined;
  #handshakes = new Map<string, { socket: Socket; end: () => void }>();
  #perAddress: OpenConnections;
  #perCaller: OpenConnections;
  #overHttp = new Set<Socket>();
  /** Connections over HTTP/1.1 whose next answer is the last. */
  #aged = new WeakSet<Socket>();
  #roots: string;

  private constructor({ identity, callers, services, http, limits }: MutualServerInput) {
    this.#limits = { ...usualLimits, ...limits };
    const { handshakeMs, headersMs, requestMs, silentMs, ageMs, graceMs } = this.#limits;
    this.#perAddress = new OpenConnections(this.#limits.handshakesPerAddress);
    this.#perCaller = new OpenConnections(this.#limits.connectionsPerCaller);
    this.#roots = identity.current.roots;
    this.health = new Health(services.map(({ name }) => name));
    clampDeadlines();
    this.#grpc = new Server({
      'grpc.max_connection_age_ms': ageMs,
      'grpc.max_connection_age_grace_ms': graceMs,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.max_receive_message_length': 1024 * 1024,
      'grpc.max_concurrent_streams': 1_000,
      interceptors: [readInTime(requestMs), onlyCallers(callers)],
    });
    const all = [
      ...services,
      { definition: HealthService, implementation: this.health.implementation },
      ...reflectionServices(
        reflection(
          [...services.map(({ name }) => name), 'grpc.health.v1.Health'],
          [descriptors, ...services.map((service) => service.descriptors)],
        ),
      ),
    ];
    for (const { definition, implementation } of all)
      this.#grpc.addService(tolerant(definition), implementation);
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());

    this.#server = createServer(
      {
        ...context(identity.current),
        requestCert: true,
        rejectUnauthorized: true,
        handshakeTimeout: handshakeMs,
        headersTimeout: Math.min(headersMs, requestMs),
        requestTimeout: requestMs,
        connectionsCheckingInterval: Math.min(1_000, headersMs),
        // Who offers both, such as a browser, wants HTTP; gRPC offers h2 alone.
        ALPNCallback: ({ protocols }) =>
          ['http/1.1', 'h2'].find(
            (known) => protocols.includes(known) && (known === 'h2' || http !== undefined),
          ),
      },
      http,
    );
    this.#server.setTimeout(silentMs);
    this.#server.prependListener('request', (request, response) => {
      if (this.#aged.has(request.socket)) response.setHeader('connection', 'close');
    });
    const speakHttp = takeOver(this.#server);
    if (http !== undefined) this.#speakHttp = speakHttp;
    this.#server.on('connection', (socket: Socket) => this.#shakeHands(socket));
    this.#server.on('secureConnection', (socket: TLSSocket) => this.#take(socket));
    // Node destroys the connection.
    this.#server.on('tlsClientError', (error) => {
      refusedHandshakes.inc();
      log.warn('connection refused', { error: error.message });
    });
    identity.onRenewed(() => {
      this.#server.setSecureContext(context(identity.current));
      this.#trust(identity.current.roots);
    });
  }

  static async listen(input: MutualServerInput): Promise<MutualServer> {
    const server = new MutualServer(input);
    await new Promise<void>((done, fail) => {
      server.#server.once('error', fail);
      server.#server.listen(input.port, () => done());
    });
    return server;
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo;
    return address.port;
  }

  /** Takes nothing new and waits for the calls that run, for at most `graceMs`; then they are cut off. */
  async close(graceMs: number): Promise<void> {
    this.health.stop();
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    const calls = new Promise<void>((done) => this.#grpc.tryShutdown(() => done()));
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    const timer = setTimeout(() => {
      log.warn('calls were cut off: they took too long to end', { graceMs });
      this.#grpc.forceShutdown();
      this.#server.closeAllConnections();
    }, graceMs);
    await Promise.all([calls, closed]);
    clearTimeout(timer);
  }

  /** A connection of nobody yet. */
  #shakeHands(socket: Socket): void {
    const key = endpoint(socket);
    const end = this.#perAddress.admit(socket.remoteAddress ?? '', socket);
    if (end === undefined) {
      connectionsOverLimit.inc({ limit: 'handshakes per address' });
      socket.destroy();
      return;
    }
    this.#handshakes.set(key, { socket, end });
    socket.once('close', () => this.#handshakes.delete(key));
  }

  /** A connection whose caller is proven. */
  #take(socket: TLSSocket): void {
    this.#handshakes.get(endpoint(socket))?.end();
    this.#handshakes.delete(endpoint(socket));
    socket.on('error', () => {}); // the other side hung up: the calls on it end with it
    const caller = nameOf(socket) ?? '';
    if (this.#perCaller.admit(caller, socket) === undefined) {
      connectionsOverLimit.inc({ limit: 'connections per caller' });
      log.warn('connection refused', { caller, error: `it has ${this.#limits.connectionsPerCaller} open` });
      socket.destroy();
      return;
    }
    const ended = setTimeout(
      () => socket.destroy(),
      Math.min(endOf(socket) - Date.now(), 2 ** 31 - 1),
    ).unref();
    socket.once('close', () => clearTimeout(ended));
    if (socket.alpnProtocol === 'h2') this.#injector.injectConnection(socket);
    else if (this.#speakHttp !== undefined) this.#takeHttp(socket, this.#speakHttp);
    else socket.destroy();
  }

  #takeHttp(socket: TLSSocket, speakHttp: (socket: TLSSocket) => void): void {
    // As grpc-js does it: not all of one moment end in one moment.
    const ageMs = this.#limits.ageMs * (0.9 + Math.random() / 5);
    const aging = setTimeout(() => this.#aged.add(socket), ageMs).unref();
    this.#overHttp.add(socket);
    socket.once('close', () => {
      clearTimeout(aging);
      this.#overHttp.delete(socket);
    });
    speakHttp(socket);
  }

  /** Where a root is trusted no more, every connection ends after what runs on it: a caller that is trusted makes another. */
  #trust(roots: string): void {
    const still = new Set(certificatesIn(roots).map(({ fingerprint256 }) => fingerprint256));
    const before = certificatesIn(this.#roots);
    this.#roots = roots;
    if (before.every(({ fingerprint256 }) => still.has(fingerprint256))) return;
    this.#injector.destroy();
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    for (const socket of this.#overHttp) this.#aged.add(socket);
    this.#server.closeIdleConnections();
  }
}

/** Takes the connections that are proven away from Node's HTTP server, whose timeouts and counts stay; how to hand one back. */
function takeOver(server: HttpsServer): (socket: TLSSocket) => void {
  const [listener] = server.listeners('secureConnection');
  if (listener === undefined) throw new Error('a server of node:https without a listener for connections');
  server.removeAllListeners('secureConnection');
  return (socket) => listener.call(server, socket);
}

function endpoint({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** All of it each time: what is not named here would go back to its default with a renewal. */
function context({ cert, key, roots }: Identity) {
  return {
    ...{ cert, key, ca: roots },
    minVersion: 'TLSv1.3' as const,
    // A session that is taken up again shows no certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
