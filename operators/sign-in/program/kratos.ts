import type { RequestOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { askJson, type JsonAnswer } from './ask-json.ts';
import type { CertificateFolder } from './certificate-folder.ts';
import { Unavailable } from './fresh-answers.ts';
import type { Known } from './sessions.ts';
import type { FlowKind } from './texts.ts';
import { untilAnswered } from './until-answered.ts';

/** Time-out of a request to Kratos in milliseconds. */
const patience = 1_000;
/** The same for a flow: Kratos makes its forms, with pictures, and nothing but the page of the flow waits for it. */
const flowPatience = 5_000;

/** Milliseconds before a call is repeated that a lost connection of Kratos' pool may have refused. */
export const repeatPause = 80;

/** Client of one API of Kratos: the public one, with the visitor's cookies, or the admin API. */
export class Kratos {
  readonly origin: URL;
  /**
   * How often a call can fail in a row while Kratos works: each idle connection of its pool that its database has closed makes one
   * answer an error, or 401, as if the session had ended.
   */
  readonly lostConnections: number;
  #credentials: CertificateFolder | undefined;

  /**
   * `credentials`: client certificate and trusted roots; absent for plain HTTP. `idleConnections`: those that Kratos keeps to its
   * database.
   */
  constructor(origin: string, idleConnections: number, credentials?: CertificateFolder) {
    this.origin = new URL(origin);
    this.lostConnections = idleConnections;
    this.#credentials = credentials;
  }

  /** Options of a streamed request. */
  options(): RequestOptions {
    const { protocol, hostname, port } = this.origin;
    // The certificate is verified for this name, not for the Host header of the visitor.
    const tls = protocol === 'https:' ? { servername: hostname } : {};
    return { protocol, host: hostname, port, ...tls, ...this.#credentials?.current };
  }

  /** Throws Unavailable if Kratos does not answer in time. */
  async call(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
    patienceMs = patience,
  ): Promise<JsonAnswer> {
    try {
      return await askJson({ ...this.options(), method, path, headers }, patienceMs, body);
    } catch (error) {
      throw new Unavailable(`Kratos does not answer: ${error instanceof Error ? error.message : error}`);
    }
  }

  /**
   * A call of somebody with a session, which may be carried out twice: it is repeated as often as connections can be lost. The answer is
   * 401 if there is no session.
   */
  async callWithRepeats(
    method: string,
    path: string,
    headers: Record<string, string>,
    patienceMs = patience,
  ): Promise<JsonAnswer> {
    let answer = await this.call(method, path, headers, undefined, patienceMs);
    for (let left = this.lostConnections + 1; left > 0 && isRefused(answer.status); left--) {
      await sleep(repeatPause);
      answer = await this.call(method, path, headers, undefined, patienceMs);
    }
    return answer;
  }

  /** A flow with its forms, for the browser with these cookies (Kratos, 'Get Login Flow'). */
  flow(kind: FlowKind, id: string, cookie = ''): Promise<JsonAnswer> {
    const path = `/self-service/${kind}/flows?id=${encodeURIComponent(id)}`;
    return this.callWithRepeats('GET', path, { cookie }, flowPatience);
  }

  /**
   * The session of a cookie `NAME=VALUE` (Kratos, 'Check Who the Current HTTP Session Belongs To'). `wasValid`: whether it had a session
   * before, whose end Kratos must confirm.
   */
  session(cookie: string, wasValid: boolean): Promise<Known> {
    const confirmations = wasValid ? this.lostConnections + 1 : 1;
    return untilAnswered((patienceMs) => this.#session(cookie, confirmations, patienceMs));
  }

  async #session(cookie: string, confirmations: number, patienceMs: number): Promise<Known> {
    let known = await this.#whoami(cookie, patienceMs);
    if (known !== 'none') return known;
    // Kratos answers 401 too if it cannot read its database (`session/handler.go`, `whoami`): the session has not ended then.
    const { status } = await this.call('GET', '/health/ready', {}, undefined, patienceMs);
    if (status !== 200) throw new Unavailable(`Kratos is not ready: it answers ${status}`);
    for (let left = confirmations; known === 'none' && left > 0; left--) {
      await sleep(repeatPause);
      known = await this.#whoami(cookie, patienceMs);
    }
    return known;
  }

  async #whoami(cookie: string, patienceMs: number): Promise<Known> {
    const { status, body } = await this.call('GET', '/sessions/whoami', { cookie }, undefined, patienceMs);
    if (status === 200) return sessionFrom(body);
    if (status === 401) return 'none';
    // `session_aal2_required`: the person has a second factor, which is missing in this session.
    if (status === 403) return 'second-factor';
    throw new Unavailable(`Kratos answers ${status} to /sessions/whoami`);
  }
}

/** Whether an answer can come from a lost connection. */
const isRefused = (status: number) => status === 401 || status >= 500;

/** Reads a field of parsed JSON; undefined if it is missing. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/** Reads a text field of parsed JSON; '' if it is missing or no text. */
export function textAt(value: unknown, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** Parses a session; an incomplete one is refused. */
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
