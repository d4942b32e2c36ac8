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
import { limitPipelining } from './pipelining.ts';
import { reflection, reflectionServices } from './reflection.ts';
import { refuseInvalidUtf8 } from './strict-utf8.ts';
import { longestMs } from './unary.ts';

/** A service of a contract, with its implementation. */
export interface Implemented {
  name: string;
  definition: ServiceDefinition;
  implementation: UntypedServiceImplementation;
  /** The contract for reflection: a FileDescriptorSet in base64. */
  descriptors: string;
}

/** Limits of connections: times and numbers. */
export interface Limits {
  handshakeMs: number;
  /** From the start of an HTTP/1.1 request to the end of its headers. */
  headersMs: number;
  /** To the end of its body; also for the request of a call. */
  requestMs: number;
  /** Idle time of an HTTP/1.1 connection. */
  silentMs: number;
  /** Maximum age of a connection: after it, every caller has presented its current certificate. */
  ageMs: number;
  /** Time in which running calls, such as a worker's, and answers that are read slowly may end after that. */
  graceMs: number;
  /** Maximum number of connections from one address without completed handshake. */
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
  /** Names that may call by gRPC; the HTTP API checks them itself. */
  callers: ReadonlySet<string>;
  services: readonly Implemented[];
  /** Handler of HTTP/1.1 requests on the same port. Default: gRPC only. */
  http?: RequestListener;
  limits?: Partial<Limits>;
}

/**
 * A port that requires a client certificate of a trusted CA. New connections use a renewed certificate; open
 * ones continue until they are old, their caller's certificate expires, or a CA is no longer trusted.
 */
export class MutualServer {
  readonly health: Health;
  #limits: Limits;
  #grpc: Server;
  #injector;
  #server: HttpsServer;
  /** Node's handler of an HTTP/1.1 connection. */
  #speakHttp: ((socket: TLSSocket) => void) | undefined;
  #handshakes = new Map<string, { socket: Socket; end: () => void }>();
  #perAddress: OpenConnections;
  #perCaller: OpenConnections;
  #overHttp = new Set<Socket>();
  /** HTTP/1.1 connections that close after their next answer. */
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
    refuseInvalidUtf8();
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
        // A client that offers both, such as a browser, gets HTTP; gRPC clients offer only h2.
        ALPNCallback: ({ protocols }) =>
          ['http/1.1', 'h2'].find(
            (known) => protocols.includes(known) && (known === 'h2' || http !== undefined),
          ),
      },
      http === undefined ? undefined : limitPipelining(http),
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

  /** Accepts nothing new and waits for running calls, at most `graceMs`; then closes all connections. */
  async close(graceMs: number): Promise<void> {
    this.health.stop();
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    const calls = new Promise<void>((done) => this.#grpc.tryShutdown(() => done()));
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    const timer = setTimeout(() => {
      log.warn('calls were cancelled: they took too long to end', { graceMs });
      this.#grpc.forceShutdown();
      this.#server.closeAllConnections();
    }, graceMs);
    await Promise.all([calls, closed]);
    clearTimeout(timer);
  }

  /** A connection before its handshake. */
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

  /** A connection with an authenticated caller. */
  #take(socket: TLSSocket): void {
    this.#handshakes.get(endpoint(socket))?.end();
    this.#handshakes.delete(endpoint(socket));
    socket.on('error', () => {}); // the client closed the connection, which ends its calls
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
    // Random, as in grpc-js, so that connections opened together do not end together.
    const ageMs = this.#limits.ageMs * (0.9 + Math.random() / 5);
    const aging = setTimeout(() => this.#aged.add(socket), ageMs).unref();
    const ending = setTimeout(() => socket.destroy(), ageMs + this.#limits.graceMs).unref();
    this.#overHttp.add(socket);
    socket.once('close', () => {
      clearTimeout(aging);
      clearTimeout(ending);
      this.#overHttp.delete(socket);
    });
    speakHttp(socket);
  }

  /** If a CA is no longer trusted, connections end after their running calls; a trusted caller reconnects. */
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

/**
 * Takes authenticated connections from Node's HTTP server, whose time-outs and counters stay; returns a
 * function that gives one back.
 */
function takeOver(server: HttpsServer): (socket: TLSSocket) => void {
  const [listener] = server.listeners('secureConnection');
  if (listener === undefined) throw new Error('a server of node:https without a listener for connections');
  server.removeAllListeners('secureConnection');
  return (socket) => listener.call(server, socket);
}

function endpoint({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** All options each time: a renewal would reset options that are not listed. */
function context({ cert, key, roots }: Identity) {
  return {
    ...{ cert, key, ca: roots },
    minVersion: 'TLSv1.3' as const,
    // A resumed session presents no certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
