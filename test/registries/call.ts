import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { Pair } from '../services/authority.ts';

/** Answer of a registry. */
export interface RegistryReply {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface RegistryCall {
  method?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  /** Name and token, with a colon. */
  login?: string;
  /** Certificate that the caller shows. */
  pair?: Pair;
}

/** A call to a registry over HTTPS at a port of this machine's loopback, on a connection of its own. */
export async function callRegistry(
  { port, host, roots }: { port: number /** The name of its certificate. */; host: string; roots: string },
  path: string,
  { method = 'GET', body, headers = {}, login, pair }: RegistryCall = {},
): Promise<RegistryReply> {
  const sent = request({
    host: '127.0.0.1',
    port,
    servername: host,
    path,
    method,
    agent: false,
    ca: roots,
    ...(pair === undefined ? {} : pair),
    headers: {
      ...headers,
      ...(login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}
