import type { RequestOptions } from 'node:http';
import { askJson, type JsonAnswer } from './ask-json.ts';
import type { CertificateFolder } from './certificate-folder.ts';
import { Unavailable } from './fresh-answers.ts';
import type { Known } from './sessions.ts';

/** Milliseconds within which Kratos has to answer. */
const patience = 1_000;

/** An API of Kratos: the public one, called for a visitor with the visitor's cookies, or the admin API. */
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
  ): Promise<JsonAnswer> {
    try {
      return await askJson({ ...this.options(), method, path, headers }, patience, body);
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
