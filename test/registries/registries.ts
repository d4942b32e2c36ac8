import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { ImageStore } from '../../images/oci/image-store.ts';
import { TestAuthority } from '../services/authority.ts';
import { type Body, Pace, pieces } from './body.ts';
import { Faults, type RegistryFault, type RequestPart } from './faults.ts';

/** Hosts of the registries, with the names that image references use. */
const names: Readonly<Record<string, string>> = {
  'registry-1.docker.io': 'docker.io',
  'ghcr.io': 'ghcr.io',
  'quay.io': 'quay.io',
  'registry.k8s.io': 'registry.k8s.io',
  'public.ecr.aws': 'public.ecr.aws',
};

const tokenHost = 'auth.example.test';
const contentHost = 'cdn.example.test';

/** A request as it arrived. */
export interface ReceivedRequest {
  /** The registry by the name in image references, or the host of tokens, blobs or files. */
  host: string;
  url: string;
  authorization: string | undefined;
  range: string | undefined;
}

/** Content of the registries, below `docker.io/`, `ghcr.io/` and so on. */
export type Content = Pick<ImageStore, 'manifest' | 'blobSize' | 'openBlob'>;

export interface RegistriesOptions {
  store: Content;
  /** Passwords by user; with accounts, tokens are only issued after a login. */
  accounts?: Readonly<Record<string, string>>;
  /** Published files beside images: from a path such as `/files/kind` to a file here. */
  files?: ReadonlyMap<string, string>;
  /** Limit of all responses together. */
  bytesPerSecond?: number;
}

/**
 * The registries that upstream publishes at, on one port of this machine's loopback, by name: with HTTPS by an authority of
 * the test's own, tokens of another host, blobs by redirect from a third, Range, and faults on demand. They are reached
 * through a `NamesProxy`, or by `PLINTH_REGISTRY_MIRROR` with `table`.
 */
export class Registries {
  readonly faults = new Faults();
  readonly asked: ReceivedRequest[] = [];
  readonly authority: TestAuthority;
  readonly #options: RegistriesOptions;
  readonly #tokens = new Map<string, string>();
  /** Faults of redirect targets, by the name in their address. */
  readonly #kept = new Map<string, RegistryFault>();
  readonly #servers: Server[];
  readonly #pace: Pace;

  private constructor(options: RegistriesOptions, authority: TestAuthority, servers: Server[]) {
    this.#options = options;
    this.authority = authority;
    this.#servers = servers;
    this.#pace = new Pace(options.bytesPerSecond ?? Number.POSITIVE_INFINITY);
  }

  static async start(options: RegistriesOptions): Promise<Registries> {
    const authority = await TestAuthority.make(`registries ${randomBytes(4).toString('hex')}`);
    const dnsNames = [...Object.keys(names), tokenHost, contentHost, 'localhost'];
    const pair = await authority.issue({ commonName: 'registries', dnsNames });
    // The second is another origin for clients that connect by address.
    const servers = [createServer(pair), createServer(pair)];
    const registries = new Registries(options, authority, servers);
    for (const server of servers) {
      server.on('request', (request: IncomingMessage, response: ServerResponse) => {
        registries.#handle(request, response).catch((error) => response.destroy(error));
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    }
    return registries;
  }

  get port(): number {
    return portOf(this.#servers[0]);
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** For `PLINTH_REGISTRY_MIRROR`. */
  get table(): string {
    return Object.values(names)
      .map((name) => `${name}=${this.url}/${name}`)
      .join(',');
  }

  /** Requests with a token, to one registry or all; and requests for tokens. */
  askedOf(part: 'manifests' | 'blobs' | 'token', host?: string): ReceivedRequest[] {
    return this.asked.filter(
      (one) =>
        one.url.includes(`/${part}`) &&
        (part === 'token' || one.authorization !== undefined) &&
        (host === undefined || one.host === host),
    );
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = (request.headers.host ?? '').split(':')[0] ?? '';
    const url = new URL(request.url ?? '/', 'https://localhost');
    const own = names[name];
    const byPath = /^\/v2\/([a-z0-9-]+\.[a-z0-9.-]+)(\/|$)/.exec(url.pathname)?.[1];
    const host = own ?? byPath ?? name;
    const { authorization, range } = request.headers;
    this.asked.push({ host, url: `${url.pathname}${url.search}`, authorization, range });
    if (url.pathname === '/token') return this.#token(url, authorization, response);
    if (url.pathname.startsWith('/content/')) return this.#content(url, range, response);
    const file = this.#options.files?.get(url.pathname);
    if (file !== undefined) {
      const body = { size: statSync(file).size, chunks: createReadStream(file) };
      return this.#send(response, body, undefined, range);
    }
    const path = own === undefined ? url.pathname : url.pathname.replace(/^\/v2\//, `/v2/${host}/`);
    return this.#registry(host, path, request, response);
  }

  async #registry(
    host: string,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const own = { 'docker-distribution-api-version': 'registry/2.0' };
    const [, repository = '', part, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const at: RequestPart = part === undefined ? 'version' : part === 'manifests' ? 'manifest' : 'blob';
    const asked = /^\/v2\/(.+)\/(manifests|blobs)\//.exec(request.url ?? '')?.[1];
    const scope = this.#tokens.get(request.headers.authorization ?? '');
    const known = scope !== undefined && scope === `repository:${asked}:pull`;
    const size = at === 'blob' ? this.#options.store.blobSize(reference) : undefined;
    const fault = known || at === 'version' ? this.faults.meet(host, at, size) : undefined;
    if (fault !== undefined && (fault.kind === 'status' || fault.kind === 'page' || at === 'version'))
      return this.#instead(fault, response);
    if (fault?.kind === 'stall' && fault.after === 0) return;
    if (!known) {
      const realm = this.#by(request, tokenHost, '/token');
      response.writeHead(401, { ...own, 'www-authenticate': `Bearer realm="${realm}",service="${host}"` });
      response.end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    if (at === 'manifest') {
      const found = this.#options.store.manifest(repository, reference);
      if (found === undefined) {
        response.writeHead(404, own).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
        return;
      }
      // An additional blank at the end: the same content with another digest.
      const text = Buffer.from(fault?.kind === 'other' ? `${found.text} ` : found.text);
      response.setHeaders(new Map(Object.entries({ ...own, 'content-type': found.type })));
      response.setHeader('docker-content-digest', found.digest);
      return this.#send(response, { size: text.length, chunks: [text] }, fault);
    }
    if (size === undefined) {
      response.writeHead(404, own).end('{"errors":[{"code":"BLOB_UNKNOWN"}]}');
      return;
    }
    const query = new URLSearchParams({ host });
    if (fault !== undefined) query.set('fault', this.#keep(fault));
    response.writeHead(307, {
      ...own,
      location: this.#by(request, contentHost, `/content/${reference}?${query}`),
    });
    response.end();
  }

  /** Another host for clients that connect by name, another port for those that connect by address. */
  #by(request: IncomingMessage, host: string, path: string): string {
    const name = (request.headers.host ?? '').split(':')[0] ?? '';
    return name in names ? `https://${host}${path}` : `https://localhost:${portOf(this.#servers[1])}${path}`;
  }

  async #token(url: URL, authorization: string | undefined, response: ServerResponse): Promise<void> {
    const host = url.searchParams.get('service') ?? '';
    const fault = this.faults.meet(host, 'token');
    if (fault?.kind === 'status' || fault?.kind === 'page') return this.#instead(fault, response);
    const { accounts } = this.#options;
    const [name = '', password] = Buffer.from((authorization ?? '').replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    if (accounts !== undefined && (password === undefined || accounts[name] !== password)) {
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const token = randomBytes(16).toString('hex');
    this.#tokens.set(`Bearer ${token}`, url.searchParams.get('scope') ?? '');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
  }

  async #content(url: URL, range: string | undefined, response: ServerResponse): Promise<void> {
    const digest = url.pathname.replace('/content/', '');
    const fault = this.#kept.get(url.searchParams.get('fault') ?? '');
    const { store } = this.#options;
    const body = { size: store.blobSize(digest) ?? 0, chunks: store.openBlob(digest) };
    await this.#send(response, body, fault, range, digest);
  }

  /** Stores a fault for the request after the redirect; returns its name in the address. */
  #keep(fault: RegistryFault): string {
    const name = String(this.#kept.size);
    this.#kept.set(name, fault);
    return name;
  }

  #instead(fault: RegistryFault, response: ServerResponse): void {
    if (fault.kind === 'page') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<!doctype html><title>Welcome</title><p>Please sign in to this network.</p>');
    } else if (fault.kind === 'status') {
      response.writeHead(fault.status, fault.headers);
      response.end(fault.code === undefined ? '' : JSON.stringify({ errors: [{ code: fault.code }] }));
    } else if (fault.kind === 'cut') {
      response.destroy();
    }
  }

  async #send(
    response: ServerResponse,
    body: Body,
    fault: RegistryFault | undefined,
    range?: string,
    digest = '',
  ): Promise<void> {
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (from > 0) response.setHeader('content-range', `bytes ${from}-${body.size - 1}/${body.size}`);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': String(body.size - from) });
    const pace = fault?.kind === 'slow' ? new Pace(fault.bytesPerSecond) : this.#pace;
    const last = fault?.kind === 'cut' || fault?.kind === 'stall' ? fault.after : Number.POSITIVE_INFINITY;
    let sent = 0;
    for await (const piece of pieces(body.chunks, from)) {
      if (response.destroyed) return;
      if (fault?.kind === 'corrupt' && sent === 0) piece[0] = (piece[0] ?? 0) ^ 1;
      const part = piece.subarray(0, Math.max(0, last - sent));
      await pace.wait(part.length);
      if (!response.write(part) && !response.destroyed)
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      sent += part.length;
      if (sent < last) continue;
      // Sends the bytes first: a destroyed response sends nothing more.
      if (fault?.kind === 'cut') {
        await fault.when?.(digest);
        response.socket?.end();
      }
      return;
    }
    response.end();
  }
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  if (address === null || address === undefined || typeof address === 'string') throw new Error('no port');
  return address.port;
}
