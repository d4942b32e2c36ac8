import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { CertificateFolder } from './certificate-folder.ts';
import { type Known, Unavailable } from './sessions.ts';

/** Milliseconds within which Kratos has to answer. */
const patience = 1_000;
/** Bytes of an answer: a flow with many providers has some tens of kilobytes. */
const mostBytes = 1024 * 1024;

/** An answer of Kratos' API. */
export interface KratosAnswer {
  status: number;
  /** Parsed; undefined where it is no JSON. */
  body: unknown;
  /** Cookies that it sets. */
  cookies: string[];
}

/** Kratos' public API, called for a visitor with the visitor's cookies. */
export class Kratos {
  readonly origin: URL;
  #credentials: CertificateFolder | undefined;

  /** `credentials`: the certificate to show and the roots to trust; none for plain HTTP. */
  constructor(origin: string, credentials?: CertificateFolder) {
    this.origin = new URL(origin);
    this.#credentials = credentials;
  }

  /** Options of a request to it, for what streams. */
  options(): RequestOptions {
    const { protocol, hostname, port } = this.origin;
    // By this name its certificate is checked, whatever host the visitor asked for.
    const tls = protocol === 'https:' ? { servername: hostname } : {};
    return { protocol, host: hostname, port, ...tls, ...this.#credentials?.current };
  }

  /** Throws Unavailable where it does not answer in time. */
  async call(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<KratosAnswer> {
    try {
      return await this.#call(method, path, headers, body);
    } catch (error) {
      throw new Unavailable(`Kratos does not answer: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Whose session a cookie `NAME=VALUE` is (Kratos, 'Check Who the Current HTTP Session Belongs To'). */
  async session(cookie: string): Promise<Known> {
    const { status, body } = await this.call('GET', '/sessions/whoami', { cookie });
    if (status === 200) return sessionFrom(body);
    if (status === 401) return 'none';
    // `session_aal2_required`: the person has a second factor that this session has not shown.
    if (status === 403) return 'second-factor';
    throw new Unavailable(`Kratos answers ${status} to /sessions/whoami`);
  }

  #call(method: string, path: string, headers: Record<string, string>, body = ''): Promise<KratosAnswer> {
    const options = {
      ...this.options(),
      method,
      path,
      headers: { accept: 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      signal: AbortSignal.timeout(patience),
    };
    return new Promise((done, fail) => {
      const ask = this.origin.protocol === 'https:' ? requestTls : request;
      const asked = ask(options, (response) => {
        read(response).then((text) => {
          const cookies = response.headers['set-cookie'] ?? [];
          done({ status: response.statusCode ?? 0, body: parsed(text), cookies });
        }, fail);
      });
      asked.once('error', fail);
      asked.end(body);
    });
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads a field of what was parsed; undefined where there is none. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/** The same where it is a text; '' otherwise. */
export function textAt(value: unknown, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** An answer that lacks what a session must have lets nobody in. */
function sessionFrom(body: unknown): Known {
  const session = {
    id: textAt(body, 'id'),
    person: textAt(body, 'identity', 'id'),
    expires: Date.parse(textAt(body, 'expires_at')),
    authenticated: Date.parse(textAt(body, 'authenticated_at')),
    level: textAt(body, 'authenticator_assurance_level'),
  };
  if (at(body, 'active') !== true || session.id === '' || session.person === '') return 'none';
  return Number.isNaN(session.expires) || Number.isNaN(session.authenticated) ? 'none' : session;
}
