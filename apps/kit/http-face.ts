import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { admitted } from './callers.ts';
import { sendEvents } from './event-stream.ts';
import { log } from './log.ts';
import { asRefusal, Refusal } from './refusal.ts';
import type { Route } from './route.ts';
import { droppedName } from './stored-json.ts';
import { belowTrace, inSpan, type Span, SpanKind } from './tracing.ts';
import { longestMs } from './unary.ts';

/** HTTP statuses of gRPC codes (google.rpc.Code). */
const httpStatus: Partial<Record<status, number>> = {
  [status.INVALID_ARGUMENT]: 400,
  [status.ALREADY_EXISTS]: 409,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 409,
  [status.UNAUTHENTICATED]: 401,
  [status.PERMISSION_DENIED]: 403,
  [status.NOT_FOUND]: 404,
  [status.CANCELLED]: 499,
  [status.UNAVAILABLE]: 503,
  [status.DEADLINE_EXCEEDED]: 504,
};

function httpCode(error: unknown): number {
  return httpStatus[asRefusal(error).code] ?? 500;
}

const largestBody = 128 * 1024;

/** The page loads nothing from other origins, and no other page may embed it. */
const guard = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** A file that the face serves beside its routes. */
export interface ServedFile {
  type: string;
  text: string;
}

export interface HttpFaceInput<Service> {
  service: Service;
  routes: readonly Route<Service>[];
  /** Names that may call. */
  callers: ReadonlySet<string>;
  /** By path. */
  files: ReadonlyMap<string, ServedFile>;
}

/** What the log says of a request that fails, as far as it was read. */
interface Seen {
  caller?: string;
  /** Without the query, which can bear a secret. */
  path?: string;
  route?: string;
}

/** The files of a page at `/`, from its folder, and the OpenAPI document at `/openapi.json`. */
export function pageFiles(folder: string, openApi: object): ReadonlyMap<string, ServedFile> {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return new Map([
    ...openApiFile(openApi),
    ['/', { type: 'text/html; charset=utf-8', text: read('index.html') }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', text: read('page.js') }],
    ['/page.css', { type: 'text/css; charset=utf-8', text: read('page.css') }],
  ]);
}

/** The OpenAPI document at `/openapi.json`, for a service without a page. */
export function openApiFile(openApi: object): ReadonlyMap<string, ServedFile> {
  return new Map([['/openapi.json', { type: 'application/json', text: JSON.stringify(openApi) }]]);
}

/** The REST face of a service, for callers with a certificate. */
export function httpFace<Service>({
  service,
  routes,
  callers,
  files,
}: HttpFaceInput<Service>): RequestListener {
  const patterns = patternsOf(routes);

  return (request, response) => {
    const attributes = { 'http.request.method': request.method ?? '' };
    const traced = () =>
      inSpan(
        request.method ?? 'HTTP',
        SpanKind.SERVER,
        attributes,
        (span) => loggingFaults(request, (seen) => answer(request, response, span, seen)),
        (error) => httpCode(error) >= 500,
      );
    belowTrace({ traceparent: [request.headers.traceparent].flat()[0] }, traced).catch((error: unknown) =>
      sendProblem(request, response, error),
    );
  };

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    span: Span,
    seen: Seen,
  ): Promise<void> {
    const caller = admitted(request.socket, callers);
    seen.caller = caller;
    span.setAttribute('caller', caller);
    // A browser presents its user's certificate to any site's request; requests from other sites are not the
    // user's intent.
    const site = request.headers['sec-fetch-site'];
    // Node omits the body of an answer to HEAD.
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    if (method !== 'GET' && site !== undefined && site !== 'same-origin') {
      throw new Refusal(status.PERMISSION_DENIED, 'not from another site');
    }
    const url = target(request.url ?? '');
    seen.path = url.pathname;
    const file = files.get(url.pathname);
    const found = find(patterns, url.pathname);
    const methods = file === undefined ? [...found.keys()] : ['GET'];
    if (methods.length === 0) throw new Refusal(status.NOT_FOUND, `unknown path ${url.pathname}`);
    if (file !== undefined && method === 'GET') {
      response
        .writeHead(200, { ...guard, 'content-type': file.type, 'cache-control': 'no-cache' })
        .end(file.text);
      return;
    }
    const operation = found.get(method);
    if (operation === undefined) {
      sendNotAllowed(response, url.pathname, methods);
      return;
    }
    const { route, path } = operation;
    seen.route = route.path;
    // The route, not the path: job ids in span names would create one series per job.
    span.updateName(`${method} ${route.path}`).setAttribute('http.route', route.path);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const late = route.streams ? [] : [AbortSignal.timeout(longestMs)];
    const result = await route.run(service, {
      call: {
        caller,
        signal: AbortSignal.any([gone.signal, ...late]),
        address: request.socket.remoteAddress ?? '',
        header: (name) => [request.headers[name]].flat()[0],
      },
      path,
      query: Object.fromEntries(url.searchParams),
      body: route.body ? await readJson(request) : undefined,
    });
    if (route.streams) await sendEvents(response, result, guard);
    else if (route.answer === undefined) response.writeHead(204, guard).end();
    else send(response, 200, result);
  }
}

/** Logs faults of the service while the span runs, so that their line bears its identifiers. */
async function loggingFaults(request: IncomingMessage, work: (seen: Seen) => Promise<void>): Promise<void> {
  // A request whose connection is gone has no socket.
  const address = request.socket.remoteAddress;
  const seen: Seen = {};
  try {
    await work(seen);
  } catch (error) {
    const { code } = asRefusal(error);
    if (code === status.INTERNAL || code === status.UNAVAILABLE) {
      log.error('request failed', { method: request.method, ...seen, address, error });
    }
    throw error;
  }
}

interface Pattern<Service> {
  route: Route<Service>;
  pattern: RegExp;
}

function patternsOf<Service>(routes: readonly Route<Service>[]): Pattern<Service>[] {
  return routes.map((route) => ({
    route,
    pattern: new RegExp(`^${route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]*)')}$`),
  }));
}

/** The target of a request in either form (RFC 9112, 3.2). */
function target(url: string): URL {
  const read = URL.parse(url.startsWith('/') ? `https://service.invalid${url}` : url);
  if (read === null) throw new Refusal(status.INVALID_ARGUMENT, 'the path is not well-formed');
  return read;
}

/** The routes of a path, by their methods. */
function find<Service>(
  patterns: readonly Pattern<Service>[],
  pathname: string,
): Map<string, { route: Route<Service>; path: Record<string, string> }> {
  const found = patterns.flatMap(({ route, pattern }) => {
    const match = pattern.exec(pathname);
    return match === null ? [] : [{ route, values: match.groups ?? {} }];
  });
  try {
    return new Map(
      found.map(({ route, values }) => {
        const path = Object.entries(values).map(([name, value]) => [name, decodeURIComponent(value)]);
        return [route.method.toUpperCase(), { route, path: Object.fromEntries(path) }];
      }),
    );
  } catch {
    throw new Refusal(status.INVALID_ARGUMENT, 'the path is not well-formed');
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  // A form of another site cannot send this content type without a preflight.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(status.INVALID_ARGUMENT, 'the content type must be application/json');
  }
  const body = await readBody(request);
  try {
    return parseBody(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      status.INVALID_ARGUMENT,
      `the body is not valid JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Refuses a body that is too large before it is read to its end, or does not come to its end. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // The end of the usual iterator closes the connection, so that nobody would get the refusal.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > largestBody)
        throw new Refusal(status.INVALID_ARGUMENT, `a body has at most ${largestBody} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(status.CANCELLED, 'the connection ended before the body');
  }
  return Buffer.concat(chunks);
}

/** A schema would drop the name `__proto__` without a word. Only a text that can have it is looked through: a reviver is slow. */
function parseBody(text: string): unknown {
  if (!/__proto__|\\u00/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (name, value: unknown) => {
    if (name === droppedName)
      throw new Refusal(status.INVALID_ARGUMENT, `the name ${droppedName} is refused`);
    return value;
  });
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { ...guard, 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function sendNotAllowed(response: ServerResponse, pathname: string, methods: readonly string[]): void {
  const allow = methods.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each])).join(', ');
  response.setHeader('allow', allow);
  send(response, 405, { error: { code: 'method_not_allowed', message: `${pathname} takes ${allow}` } });
}

function sendProblem(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // A stream that broke off was closed already.
  if (response.headersSent) return;
  // The rest of a body is not read.
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, httpCode(error), problemOf(asRefusal(error)));
}

/** What a caller gets to read of a refusal. */
function problemOf({ code, message, reason }: Refusal): object {
  return { error: { code: reason ?? status[code].toLowerCase(), message } };
}
