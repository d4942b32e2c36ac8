import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { assets, build } from './assets.ts';
import { page } from './page.ts';
import type { State } from './state.ts';
import type { Stream } from './stream.ts';

/** Inputs of the site. */
export interface SiteInput {
  state(): State;
  /** Whether the process accepts traffic. */
  ready(): boolean;
  stream: Stream;
}

const headers: Record<string, string> = {
  // All files come from this origin; nothing is inline, and no page may embed it.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Handles every request. */
export function site(input: SiteInput): RequestListener {
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return text(response, 405, 'only GET and HEAD\n');
    }
    const [path = '', query] = (request.url ?? '').split('?');
    if (path === '/') {
      return send(request, response, 'text/html; charset=utf-8', Buffer.from(page(input.state(), build)));
    }
    if (path === '/api/state') {
      const json = Buffer.from(JSON.stringify(input.state(), null, 2));
      return send(request, response, 'application/json', json);
    }
    if (path === '/healthz') return text(response, 200, 'ok\n');
    if (path === '/readyz') {
      return input.ready()
        ? text(response, 200, 'ok\n')
        : text(response, 503, 'waiting for the API server\n');
    }
    if (path === '/events') {
      if (request.method === 'HEAD') return text(response, 200, '');
      return input.stream.join(response, input.state(), new URLSearchParams(query).get('have') ?? '');
    }
    return asset(request, response, path);
  };
}

function asset(request: IncomingMessage, response: ServerResponse, path: string): void {
  const found = assets.get(path);
  if (!found) {
    text(response, 404, 'no such page; the front page is /\n');
    return;
  }
  response.setHeader('etag', found.etag);
  response.setHeader('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === found.etag) {
    response.writeHead(304).end();
    return;
  }
  send(request, response, found.type, found.body);
}

function send(request: IncomingMessage, response: ServerResponse, type: string, body: Buffer): void {
  response.setHeader('content-type', type);
  response.setHeader('vary', 'accept-encoding');
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store');
  const packed = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const sent = packed ? gzipSync(body) : body;
  if (packed) response.setHeader('content-encoding', 'gzip');
  response.writeHead(200, { 'content-length': sent.length }).end(sent);
}

function text(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    .end(body);
}
