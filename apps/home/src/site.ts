import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { assets, build } from './assets.ts';
import { page } from './page.ts';
import type { State } from './state.ts';
import type { Stream } from './stream.ts';

/** What the site needs to know. */
export interface SiteInput {
  state(): State;
  /** Whether traffic may come. */
  ready(): boolean;
  stream: Stream;
}

const headers: Record<string, string> = {
  // Everything comes from files of this origin; nothing is inline, nothing from elsewhere, nobody may frame it.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Answers every request. */
export function site(input: SiteInput): RequestListener {
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return text(response, 405, 'only GET and HEAD\n');
    }
    const [path = ''] = (request.url ?? '').split('?');
    if (path === '/') return send(response, 'text/html; charset=utf-8', page(input.state(), build));
    if (path === '/api/state')
      return send(response, 'application/json', JSON.stringify(input.state(), null, 2));
    if (path === '/healthz') return text(response, 200, 'ok\n');
    if (path === '/readyz') {
      return input.ready()
        ? text(response, 200, 'ok\n')
        : text(response, 503, 'waiting for the API server\n');
    }
    if (path === '/events') {
      if (request.method === 'HEAD') return text(response, 200, '');
      return input.stream.join(response, input.state());
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
  response
    .writeHead(200, { 'content-type': found.type, 'content-length': found.body.length })
    .end(found.body);
}

function send(response: ServerResponse, type: string, body: string): void {
  const length = Buffer.byteLength(body);
  response
    .writeHead(200, { 'content-type': type, 'content-length': length, 'cache-control': 'no-store' })
    .end(body);
}

function text(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    .end(body);
}
