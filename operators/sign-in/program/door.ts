import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Acting, actingIn, revalidatedIn } from './acting.ts';
import { corsHeaders, isNavigation, ownHeaders, redirect, refuse } from './answers.ts';
import { stateOf } from './codes.ts';
import { type AppConfig, portOf } from './config.ts';
import { appCookies, cookie, setCookie } from './cookies.ts';
import { count } from './counters.ts';
import {
  endedWrongly,
  goesRound,
  loop,
  needsRevalidation,
  noAnswer,
  noCookies,
  notSignedIn,
  onlyPost,
} from './door-refusals.ts';
import { Unavailable } from './fresh-answers.ts';
import { requestHeaders } from './headers.ts';
import type { Kratos } from './kratos.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { isFromElsewhere } from './origin.ts';
import { answerOwnSessions, isOfSessions } from './own-sessions.ts';
import { answerPreflight, isPreflight } from './preflight.ts';
import type { SessionRights } from './rights.ts';
import type { Session, Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import { pass, passUpgrade, type UpstreamTarget } from './upstream.ts';

/** Paths of the proxy at the host of each app. */
export const ownPaths = {
  done: '/.sign-in/done',
  out: '/.sign-in/out',
  revalidate: '/.sign-in/revalidate',
} as const;

/** Maximum duration of a sign-in in seconds. */
const signInSeconds = 3_600;

export interface DoorInput {
  /** Origin of the pages of accounts. */
  accounts: string;
  sessions: Sessions;
  rights: SessionRights;
  /** Kratos' session cookie as `NAME=VALUE`. */
  kratosCookie: (value: string) => string;
  /** Kratos' public API. */
  kratos: Pick<Kratos, 'callWithRepeats'>;
  keys: SigningKeys;
  exchanges: OpenExchanges;
  redeem: (asked: {
    code: string;
    origin: string;
    state: string;
  }) => Promise<{ session: string; path: string } | undefined>;
  target: (app: AppConfig, port: number, isMutual: boolean) => UpstreamTarget;
}

/** Handles requests to an app: only those with a session are forwarded. */
export class Door {
  #input: DoorInput;

  constructor(input: DoorInput) {
    this.#input = input;
  }

  /** `origin`: requested origin of the app. Throws Unavailable if the session cannot be verified. */
  async handle(
    app: AppConfig,
    origin: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = new URL(`${origin}${request.url}`);
    if (isPreflight(request)) return answerPreflight(app, request, response);
    if (url.pathname === ownPaths.done) return this.#end(app, origin, request, response, url);
    if (url.pathname === ownPaths.out) return redirect(response, 303, `${this.#input.accounts}/sign-out`);
    const session = await this.#session(request);
    if (session === undefined) return this.#begin(app, origin, request, response);
    if (isForeign(request, app)) return this.#refuseForeign(app, request, response);
    if (url.pathname === ownPaths.revalidate) return this.#revalidate(app, session, request, response, url);
    const acting = await actingIn(this.#input.rights, session);
    if (acting.rights.isStale) return this.#refuseStale(app, request, response);
    if (isOfSessions(url.pathname)) {
      const { kratos } = this.#input;
      const [path, cookieOfKratos] = [url.pathname, this.#kratosCookie(request)];
      return answerOwnSessions({
        ...{ app, kratos, session: acting.session, path, cookie: cookieOfKratos, request, response },
      });
    }
    const target = this.#target(app, url.pathname);
    if (!this.#input.exchanges.hasRoom) throw new Unavailable('too many requests are open at once');
    count(app.name, 'passed');
    const forget = this.#input.exchanges.add({
      ...{ cookie: this.#kratosCookie(request), acting },
      close: () => response.destroy(),
    });
    response.once('close', forget);
    const headers = requestHeaders(request, this.#token(app, acting));
    const failed = (status: 502 | 504) =>
      refuse(request, response, noAnswer(app, status), corsHeaders(request, app.origins));
    pass({ request, response, target, headers, failed });
  }

  async upgrade(
    app: AppConfig,
    origin: string,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const url = new URL(`${origin}${request.url}`);
    const session = await this.#session(request);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return endSocket(socket, '400 Bad Request');
    if (session === undefined) return endSocket(socket, '401 Unauthorized');
    // A browser sends the cookie from every page of the site, so the origin must be checked.
    if (isForeign(request, app)) return endSocket(socket, '403 Forbidden');
    if (!this.#input.exchanges.hasRoom) return endSocket(socket, '503 Service Unavailable');
    const acting = await actingIn(this.#input.rights, session);
    if (acting.rights.isStale) return endSocket(socket, '402 Payment Required');
    count(app.name, 'passed');
    passUpgrade({
      request,
      socket,
      head,
      target: this.#target(app, url.pathname),
      headers: requestHeaders(request, this.#token(app, acting)),
      opened: (close) => this.#input.exchanges.add({ cookie: this.#kratosCookie(request), acting, close }),
    });
  }

  #token(app: AppConfig, { session, rights }: Acting): string {
    return this.#input.keys.token(app.name, session, rights);
  }

  #kratosCookie({ headers }: IncomingMessage): string {
    return this.#input.kratosCookie(cookie(headers.cookie, appCookies.session) ?? '');
  }

  #target(app: AppConfig, path: string): UpstreamTarget {
    const found = portOf(app, path);
    if (found === undefined) throw new Error(`no path of ${app.name} is the start of ${path}`);
    return this.#input.target(app, found.port, found.mutual);
  }

  async #session({ headers }: IncomingMessage): Promise<Session | undefined> {
    const value = cookie(headers.cookie, appCookies.session);
    const known =
      value === undefined ? 'none' : await this.#input.sessions.of(this.#input.kratosCookie(value));
    return typeof known === 'object' ? known : undefined;
  }

  /** Redirects a navigation to the sign-in page; other requests get 401. */
  #begin(app: AppConfig, origin: string, request: IncomingMessage, response: ServerResponse): void {
    const isPage = isNavigation(request) && (request.method === 'GET' || request.method === 'HEAD');
    const back = isPage ? (request.url ?? '/') : '/';
    if (!isPage) {
      count(app.name, 'unauthorized');
      refuse(request, response, notSignedIn(`${origin}/`), corsHeaders(request, app.origins));
      return;
    }
    const tries = Number(cookie(request.headers.cookie, appCookies.tries) ?? 0) || 0;
    if (tries >= loop.tries) {
      count(app.name, 'looped');
      refuse(request, response, goesRound(back), { 'set-cookie': setCookie(appCookies.tries, '', 0) });
      return;
    }
    count(app.name, 'sent-to-sign-in');
    const secret = randomBytes(32).toString('base64url');
    const to = new URL('/sign-in', this.#input.accounts);
    to.searchParams.set('return_to', `${origin}${back}`);
    to.searchParams.set('state', stateOf(secret));
    redirect(response, 302, to.href, [
      setCookie(appCookies.state, secret, signInSeconds),
      setCookie(appCookies.tries, `${tries + 1}`, loop.seconds),
    ]);
  }

  /** Completes a sign-in by its code: only the browser with the secret gets the session. */
  async #end(
    app: AppConfig,
    origin: string,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> {
    const secret = cookie(request.headers.cookie, appCookies.state);
    const code = url.searchParams.get('code') ?? '';
    const found =
      secret === undefined ? undefined : await this.#input.redeem({ code, origin, state: stateOf(secret) });
    if (found !== undefined) {
      redirect(response, 303, `${origin}${found.path}`, [
        setCookie(appCookies.session, found.session),
        setCookie(appCookies.state, '', 0),
      ]);
      return;
    }
    // Another tab completed the sign-in, or the page was reloaded.
    if ((await this.#session(request)) !== undefined) return redirect(response, 303, `${origin}/`);
    const had = request.headers.cookie !== undefined;
    count(app.name, 'looped');
    refuse(request, response, had ? endedWrongly : noCookies);
  }

  /** Revalidates the rights of the session; a page is redirected back. */
  async #revalidate(
    app: AppConfig,
    session: Session,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> {
    if (request.method !== 'POST') {
      refuse(request, response, onlyPost, { allow: 'POST' });
      return;
    }
    const { session: acting, rights } = await revalidatedIn(this.#input.rights, session);
    const { organisation, roles } = rights;
    count(app.name, 'revalidated');
    if (isNavigation(request)) {
      const back = URL.parse(url.searchParams.get('to') ?? '/', url.origin);
      redirect(response, 303, back?.origin === url.origin ? back.href : `${url.origin}/`);
      return;
    }
    response
      .writeHead(200, {
        ...ownHeaders,
        ...corsHeaders(request, app.origins),
        'content-type': 'application/json',
      })
      .end(`${JSON.stringify({ person: acting.person, organisation, roles })}\n`);
  }

  #refuseStale(app: AppConfig, request: IncomingMessage, response: ServerResponse): void {
    count(app.name, 'needs-revalidation');
    const isPage = request.method === 'GET' || request.method === 'HEAD';
    const to = `${ownPaths.revalidate}?to=${encodeURIComponent(isPage ? (request.url ?? '/') : '/')}`;
    refuse(request, response, needsRevalidation(to), corsHeaders(request, app.origins));
  }

  #refuseForeign(app: AppConfig, request: IncomingMessage, response: ServerResponse): void {
    count(app.name, 'foreign-origin');
    refuse(request, response, {
      status: 403,
      code: 'foreign_origin',
      title: 'Not from this site',
      text: ['Another site sent this request in your name. It was not carried out.'],
    });
  }
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request is cross-origin (CSRF). SameSite withholds the cookie from other domains, but not from other hosts of
 * this domain. A WebSocket is opened by GET, but can do as much as a POST.
 */
export function isForeign(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  app: AppConfig,
): boolean {
  if (safe.has(method ?? '') && headers.upgrade === undefined) return false;
  return isFromElsewhere(headers, app.origins);
}

function endSocket(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
