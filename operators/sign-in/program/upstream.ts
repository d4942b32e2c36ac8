import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { type Duplex, pipeline } from 'node:stream';
import { endToEnd, type HeaderList, responseHeaders } from './headers.ts';
import { log } from './log.ts';

/** Connection time-out in milliseconds. */
const connectMs = 5_000;
/** Idle time-out in milliseconds before the response starts. */
const silentMs = 90_000;

const pool = { keepAlive: true, maxSockets: 512, maxFreeSockets: 32, scheduling: 'lifo' } as const;
const agents = { plain: new Agent(pool), tls: new TlsAgent(pool) };

/** Target of a request: host, port and, for TLS, certificate and roots. */
export type UpstreamTarget = Pick<RequestOptions, 'host' | 'port' | 'protocol'> & Record<string, unknown>;

interface Passed {
  request: IncomingMessage;
  response: ServerResponse;
  target: UpstreamTarget;
  headers: HeaderList;
  /** The body, if it was already read. Default: the body of the request is streamed. */
  body?: string;
  /** Milliseconds until an answer may be sent. Default: none. */
  hold?: (answer: IncomingMessage) => number;
  /** The address of a redirect in place of the server's. Default: the server's. */
  location?: (to: string) => string;
  /**
   * What is done with an answer of a status from 500 on. It needs a request without a body, or with `body`. Default: it is sent on.
   * `times`: how often the request is repeated, each `pauseMs` milliseconds after the answer; then it has failed.
   */
  ofErrors?: { times: number; pauseMs: number };
  /** Sends the error response if the server does not answer. */
  failed(status: 502 | 504): void;
}

function open(
  target: UpstreamTarget,
  message: IncomingMessage,
  headers: HeaderList,
  isAlone: boolean,
): ClientRequest {
  const isTls = target.protocol === 'https:';
  const agent = isTls ? agents.tls : agents.plain;
  const options: RequestOptions = {
    ...target,
    method: message.method,
    path: message.url,
    headers: headers.flat(),
    setHost: false,
    agent: isAlone ? false : agent,
  };
  const asked = isTls ? requestTls(options) : request(options);
  asked.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => asked.destroy(new Error('no connection in time')), connectMs);
    for (const event of ['connect', 'close'] as const) socket.once(event, () => clearTimeout(timer));
  });
  return asked;
}

/** Whether a request has a body, so that it cannot be sent again. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Streams a request to the server and the response back. */
export function pass({
  request: message,
  response,
  target,
  headers,
  body,
  hold,
  location,
  ofErrors,
  failed,
}: Passed): void {
  const framed: HeaderList =
    message.headers['transfer-encoding'] === undefined
      ? headers
      : [...headers, ['transfer-encoding', 'chunked']];
  let again = !hasBody(message);
  let repeats = ofErrors?.times ?? 0;
  const start = (): void => {
    if (response.destroyed) return;
    const asked = open(target, message, framed, false);
    asked.setTimeout(silentMs, () =>
      asked.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
    );
    const leave = () => asked.destroy();
    response.once('close', leave);
    asked.once('response', (answer) => {
      asked.setTimeout(0);
      const isError = ofErrors !== undefined && (answer.statusCode ?? 502) >= 500;
      if (isError && repeats > 0) {
        repeats--;
        response.off('close', leave);
        answer.resume();
        return void setTimeout(start, ofErrors.pauseMs);
      }
      const send = (): void => {
        // While the answer was held back, the visitor left or the server did.
        if (response.destroyed || answer.destroyed) return void response.destroy();
        if (isError) {
          log('warn', 'an error as answer', {
            host: target.host,
            port: target.port,
            status: answer.statusCode,
          });
          answer.resume();
          failed(502);
          return;
        }
        const sent = responseHeaders(answer).map(([name, value]): [string, string] => {
          const isTo = location !== undefined && name.toLowerCase() === 'location';
          return [name, isTo ? location(value) : value];
        });
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, sent.flat());
        response.flushHeaders();
        // `pipeline` closes both ends if one fails.
        pipeline(answer, response, () => undefined);
      };
      if (hold === undefined) send();
      else setTimeout(send, hold(answer));
    });
    asked.once('error', (error) => {
      response.off('close', leave);
      if (response.destroyed) return;
      // The server closed an idle connection, so it has not received this request.
      if (again && asked.reusedSocket && !response.headersSent) {
        again = false;
        return start();
      }
      if (response.headersSent) return void response.destroy();
      const isLate = 'code' in error && error.code === 'ETIMEDOUT';
      log('warn', 'no answer', { host: target.host, port: target.port, error: error.message });
      failed(isLate ? 504 : 502);
    });
    if (body !== undefined) asked.end(body);
    else if (hasBody(message)) pipeline(message, asked, () => undefined);
    else asked.end();
  };
  start();
}

interface Upgraded {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  target: UpstreamTarget;
  headers: HeaderList;
  /** Called for an open WebSocket; the returned function is called when it ends. */
  opened(close: () => void): () => void;
}

/** Forwards a WebSocket handshake (RFC 6455, section 4), then both directions of the connection. */
export function passUpgrade({ request: message, socket, head, target, headers, opened }: Upgraded): void {
  const asked = open(
    target,
    message,
    [...headers, ['connection', 'Upgrade'], ['upgrade', 'websocket']],
    true,
  );
  const close = (): void => {
    socket.destroy();
    asked.destroy();
  };
  socket.once('error', close).once('close', close);
  asked.setTimeout(silentMs, close);
  asked.once('error', (error) => {
    log('warn', 'no WebSocket', { host: target.host, port: target.port, error: error.message });
    if (socket.writable)
      socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  asked.once('response', (answer) => {
    // The server refused: its response is sent back.
    socket.write(headText(answer, endToEnd(answer), ['connection: close']));
    pipeline(answer, socket, () => undefined);
  });
  asked.once('upgrade', (answer, upstream, first) => {
    asked.setTimeout(0);
    const end = opened(() => {
      socket.destroy();
      upstream.destroy();
    });
    socket.write(headText(answer, responseHeaders(answer), ['connection: Upgrade', 'upgrade: websocket']));
    if (first.length > 0) socket.write(first);
    if (head.length > 0) upstream.write(head);
    upstream.once('error', () => upstream.destroy());
    upstream.once('close', () => {
      end();
      socket.destroy();
    });
    socket.once('close', () => upstream.destroy());
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  asked.end();
}

function headText(answer: IncomingMessage, headers: HeaderList, more: string[]): string {
  const lines = [
    `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`,
    ...headers
      .filter(([name]) => name.toLowerCase() !== 'content-length')
      .map(([name, value]) => `${name}: ${value}`),
    ...more,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
