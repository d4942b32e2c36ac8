import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { CertificateFolder } from './certificate-folder.ts';
import type { Codes, HandOver } from './codes.ts';
import type { PeopleDirectory } from './directory.ts';
import { Unavailable } from './fresh-answers.ts';
import { at, textAt } from './kratos.ts';
import { log } from './log.ts';
import type { OtherReplicas } from './other-replicas.ts';
import type { PublicKey, SigningKeys } from './signing-keys.ts';

/** Name in the certificates of the replicas: only they may read the keys of one replica and redeem codes. */
const itself = 'sign-in';
const mostBytes = 16 * 1024;
/** Time for which the keys of an unreachable replica are still published: longer than its tokens are valid. */
const rememberedMs = 120_000;
/** Interval of requests to the other replicas. */
const askAgainMs = 10_000;

/** The combined key set of all replicas. */
export class EveryKey {
  #own: SigningKeys;
  #replicas: OtherReplicas;
  #others = new Map<string, { key: PublicKey; seen: number }>();
  #asked = 0;
  #running: Promise<void> | undefined;

  constructor(own: SigningKeys, replicas: OtherReplicas) {
    this.#own = own;
    this.#replicas = replicas;
  }

  /** `wanted`: id of a key that a verifier needs; if it is unknown here, the other replicas are asked again. */
  async all(wanted?: string): Promise<PublicKey[]> {
    const age = Date.now() - this.#asked;
    const isMissing = wanted !== undefined && !this.#known().some(({ kid }) => kid === wanted);
    // An unknown id causes at most one request per second.
    if (age >= askAgainMs || (isMissing && age >= 1_000)) await this.#refresh();
    else await this.#running;
    return this.#known();
  }

  #known(): PublicKey[] {
    const now = Date.now();
    for (const [kid, { seen }] of this.#others) if (now - seen > rememberedMs) this.#others.delete(kid);
    return [...this.#own.published(), ...[...this.#others.values()].map(({ key }) => key)];
  }

  #refresh(): Promise<void> {
    this.#running ??= (async () => {
      this.#asked = Date.now();
      for (const answer of await this.#replicas.ask('GET', '/keys/own')) {
        const keys = at(answer, 'keys');
        for (const key of Array.isArray(keys) ? keys : []) {
          if (isPublicKey(key)) this.#others.set(key.kid, { key, seen: Date.now() });
        }
      }
    })().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}

function isPublicKey(key: unknown): key is PublicKey {
  return textAt(key, 'kid') !== '' && textAt(key, 'kty') === 'EC' && at(key, 'd') === undefined;
}

export interface KeyServerInput {
  keys: SigningKeys;
  every: EveryKey;
  codes: Codes;
  credentials: CertificateFolder;
  /** Undefined if no app manages people. */
  directory: PeopleDirectory | undefined;
}

/** The mTLS port for apps that verify tokens, and for the replicas. */
export function keyServer({ keys, every, codes, credentials, directory }: KeyServerInput): Server {
  const limits = { headersTimeout: 5_000, requestTimeout: 5_000, handshakeTimeout: 5_000 };
  const server = createServer(
    { ...credentials.current, ...limits, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        log('error', 'a request for keys failed', { error });
        if (!response.headersSent) response.writeHead(error instanceof Unavailable ? 503 : 500);
        response.end();
      });
    },
  );
  credentials.onRenewed(() => server.setSecureContext(credentials.current));
  server.setTimeout(30_000);
  server.maxConnections = 1_000;
  server.on('tlsClientError', (error) => log('warn', 'connection refused', { error: error.message }));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://keys.invalid');
    const send = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'GET' && url.pathname === '/keys')
      return void send(200, { keys: await every.all(url.searchParams.get('kid') ?? undefined) });
    const isOfPerson = url.pathname === '/people' || url.pathname.startsWith('/people/');
    if (directory !== undefined && isOfPerson && ['GET', 'DELETE'].includes(request.method ?? '')) {
      const found = await directory.answer(
        callerOf(request),
        request.method ?? '',
        `${url.pathname}${url.search}`,
      );
      if (found.status === 204) return void response.writeHead(204).end();
      return void send(found.status, found.body);
    }
    if (callerOf(request) !== itself) return void send(404, { error: 'GET /keys has the keys' });
    if (request.method === 'GET' && url.pathname === '/keys/own')
      return void send(200, { keys: keys.published() });
    if (request.method !== 'POST' || url.pathname !== '/codes') return void send(404, { error: 'not found' });
    const asked: unknown = JSON.parse(await body(request));
    const found = codes.redeem(textAt(asked, 'code'), textAt(asked, 'origin'), textAt(asked, 'state'));
    return void (found === undefined ? send(404, { error: 'unknown code' }) : send(200, found));
  }
  return server;
}

function callerOf({ socket }: IncomingMessage): string | undefined {
  return socket instanceof TLSSocket && socket.authorized
    ? String(socket.getPeerCertificate().subject?.CN)
    : undefined;
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`a request of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Redeems a code at this replica or at the one that issued it. */
export async function redeem(
  codes: Codes,
  replicas: OtherReplicas,
  asked: { code: string; origin: string; state: string },
): Promise<HandOver | undefined> {
  const own = codes.redeem(asked.code, asked.origin, asked.state);
  if (own !== undefined) return own;
  const [found] = await replicas.ask('POST', '/codes', asked);
  const [session, path] = [textAt(found, 'session'), textAt(found, 'path')];
  return session === '' || path === ''
    ? undefined
    : { origin: asked.origin, state: asked.state, session, path };
}
