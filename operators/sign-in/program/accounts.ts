import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ownHeaders, type Refused, redirect, refuse } from './answers.ts';
import type { JsonAnswer } from './ask-json.ts';
import type { Codes } from './codes.ts';
import type { SignInConfig } from './config.ts';
import { cookie } from './cookies.ts';
import { flowHtml, listAt } from './flow-html.ts';
import { Unavailable } from './fresh-answers.ts';
import { handOver } from './hand-over.ts';
import { endToEnd, personHeader } from './headers.ts';
import { escaped, page } from './html.ts';
import { at, type Kratos, textAt } from './kratos.ts';
import { isFromElsewhere } from './origin.ts';
import type { Sessions } from './sessions.ts';
import { type FlowKind, flows, titles } from './texts.ts';
import { Tries } from './tries.ts';
import { pass } from './upstream.ts';
import type { Pages } from './visitors.ts';

export interface AccountsInput {
  config: SignInConfig;
  kratos: Kratos;
  sessions: Sessions;
  codes: Codes;
}

interface Visit extends AccountsInput {
  tries: Tries;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
}

const files = new Map(
  [
    ['/style.css', 'text/css; charset=utf-8'],
    ['/passkeys.js', 'text/javascript; charset=utf-8'],
  ].map(([path = '', type = '']) => [
    path,
    { type, content: readFileSync(new URL(`.${path}`, import.meta.url), 'utf8') },
  ]),
);

/** Of Kratos' public API what browsers use, as it is written: without encoded characters and `..`, which Kratos could read otherwise. */
const kratosPath = /^\/(self-service|\.well-known\/ory)(\/(?!\.\.)[\w.-]+)+(\?|$)/;

/** Bytes of a form that this program reads itself. */
const mostBytes = 4_096;
/** The same of a form for Kratos: a passkey's answer has some kilobytes. */
const mostFormBytes = 64 * 1024;

/** The host of accounts: pages for Kratos' flows, and Kratos' public API for browsers. */
export function accountPages(input: AccountsInput): Pages {
  const tries = new Tries();
  return async (request, response) => {
    const url = new URL(`${input.config.accounts}${request.url}`);
    const visit = { ...input, tries, request, response, url };
    const { pathname } = url;
    if (kratosPath.test(request.url ?? ''))
      return request.method === 'POST' ? submit(visit) : passToKratos(visit);
    if (pathname === '/sessions' || pathname === '/sign-out') {
      if (request.method === 'POST') return changeSessions(visit);
    } else if (request.method === 'POST') return notAllowed(visit);
    if (request.method !== 'GET' && request.method !== 'HEAD') return notAllowed(visit);
    const file = files.get(pathname);
    if (file !== undefined) return sendFile(response, file);
    const flow = flows.find((each) => pathname === `/${each}`);
    if (flow !== undefined) return flowPage(visit, flow);
    switch (pathname) {
      case '/':
        return redirect(response, 303, '/settings');
      case '/sign-in':
        return handOver(handOverInput(input), request, response, url);
      case '/sessions':
        return sessionsPage(visit);
      case '/sign-out':
        return send(visit, 200, 'Sign out', signOutForm);
      case '/error':
        return errorPage(visit);
      default:
        return refuse(request, response, {
          status: 404,
          code: 'not_found',
          title: 'Nothing is here',
          text: ['This address leads to no page.'],
          link: { to: '/', text: 'Your account' },
        });
    }
  };
}

function handOverInput({ config, sessions, codes }: AccountsInput) {
  const origins = new Set(config.apps.flatMap((app) => app.origins));
  return { accounts: config.accounts, kratosCookie: config.kratosCookie, origins, sessions, codes };
}

function sendFile(response: ServerResponse, { type, content }: { type: string; content: string }): void {
  response
    .writeHead(200, { ...ownHeaders, 'content-type': type, 'cache-control': 'max-age=300' })
    .end(content);
}

/** Forms lead on to apps and to providers: browsers apply `form-action` to where a form is redirected, too. */
function send(
  { config, response }: Visit,
  status: number,
  title: string,
  content: string,
  cookies: string[] = [],
): void {
  const targets = ["'self'", ...config.apps.flatMap((app) => app.origins), ...config.providers];
  const policy = `${ownHeaders['content-security-policy']}`.replace(
    "form-action 'self'",
    `form-action ${targets.join(' ')}`,
  );
  response
    .writeHead(status, {
      ...ownHeaders,
      'content-security-policy': policy,
      'content-type': 'text/html; charset=utf-8',
      ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    })
    .end(page(title, content));
}

/** Forms of Kratos' flows are counted for the account that they name, or else for their flow. */
async function submit(visit: Visit): Promise<void> {
  const { tries, request, response, url } = visit;
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return refuse(request, response, {
      status: 415,
      code: 'forms_only',
      title: 'This is no form',
      text: ['The pages of accounts send forms (application/x-www-form-urlencoded).'],
    });
  const body = await readForm(request, mostFormBytes);
  const accounts = accountsIn(new URLSearchParams(body));
  if (accounts.length > 1) return refuse(request, response, severalAccounts);
  const [key = `flow ${url.searchParams.get('flow')}`] = accounts;
  const seconds = tries.take(key);
  if (seconds === 0) return passToKratos(visit, body);
  refuse(request, response, tooMany(seconds), { 'retry-after': `${seconds}` });
}

/** Fields in which Kratos takes the address of an account. */
const accountFields = ['identifier', 'password_identifier', 'email'];

function accountsIn(form: URLSearchParams): string[] {
  const named = accountFields.flatMap((field) => form.getAll(field)).map((text) => text.trim().toLowerCase());
  // Of a passkey and of a provider the field is empty.
  return [...new Set(named.filter((text) => text !== ''))];
}

const severalAccounts: Refused = {
  status: 400,
  code: 'several_accounts',
  title: 'One account at a time',
  text: ['This form names several accounts.'],
};

const tooMany = (seconds: number): Refused => ({
  status: 429,
  code: 'too_many_tries',
  title: 'Too many tries',
  text: [
    `This account was tried too often. The next try is possible in ${seconds} seconds.`,
    'A passkey works at once.',
  ],
  link: { to: '/login', text: 'Sign in' },
});

/** What browsers ask of Kratos itself; flows of native programs have no token against forgery and are left out. */
function passToKratos({ kratos, request, response, url }: Visit, body?: string): void {
  const isApi = /^\/self-service\/[^/]+\/api(\/|$)/.test(url.pathname);
  if (isApi || (request.method !== 'GET' && request.method !== 'POST')) {
    refuse(request, response, {
      status: 404,
      code: 'browsers_only',
      title: 'Nothing is here',
      text: ['Only browsers sign in here.'],
    });
    return;
  }
  const headers = endToEnd(request).filter(
    ([name]) => name.toLowerCase().replaceAll('_', '-') !== personHeader,
  );
  const failed = () => refuse(request, response, kratosAway, { 'retry-after': '2' });
  const read = body === undefined ? {} : { body };
  pass({ request, response, target: { ...kratos.options() }, headers, failed, ...read });
}

async function flowPage(visit: Visit, kind: FlowKind): Promise<void> {
  const { kratos, request, response, url } = visit;
  const id = url.searchParams.get('flow');
  if (id === null) return redirect(response, 303, newFlow(kind, url));
  const path = `/self-service/${kind}/flows?id=${encodeURIComponent(id)}`;
  const answer = await kratos.call('GET', path, { cookie: request.headers.cookie ?? '' });
  if (answer.status === 200) {
    const back = backOf(visit, answer.body);
    // Who has confirmed an address goes on to what was opened first.
    if (kind === 'verification' && textAt(answer.body, 'state') === 'passed_challenge' && back !== '')
      return redirect(response, 303, back);
    const html = `${flowHtml(kind, answer.body)}\n${furtherLinks(kind, back)}`;
    return send(visit, 200, titles[kind], html, answer.cookies);
  }
  const instead = insteadOf(kind, url, answer);
  if (instead !== undefined) return redirect(response, 303, instead);
  if (answer.status === 403) return refuse(request, response, notYours(kind));
  throw new Unavailable(`Kratos answers ${answer.status} to a flow`);
}

/** Where it goes on without a flow to show (Kratos, 'Get Login Flow' and the like); undefined where nowhere. */
function insteadOf(kind: FlowKind, url: URL, { status, body }: JsonAnswer): string | undefined {
  const reason = textAt(body, 'error', 'id');
  if (status === 401 || reason === 'session_aal2_required' || reason === 'session_refresh_required') {
    const login = new URL('/self-service/login/browser', url);
    if (reason === 'session_aal2_required') login.searchParams.set('aal', 'aal2');
    if (reason === 'session_refresh_required') login.searchParams.set('refresh', 'true');
    login.searchParams.set('return_to', `${url.origin}/${kind}`);
    return `${login.pathname}${login.search}`;
  }
  if (status !== 404 && status !== 410) return undefined;
  const back = textAt(body, 'error', 'details', 'return_to');
  const start = new URL(url);
  if (back !== '') start.searchParams.set('return_to', back);
  return newFlow(kind, start);
}

const notYours = (kind: FlowKind): Refused => ({
  status: 403,
  code: 'not_your_flow',
  title: 'This page was opened by another browser',
  text: [
    'Either this browser does not keep the cookies of this site, or the link was made for somebody else.',
    'Allow cookies for this site, then begin again.',
  ],
  link: { to: `/self-service/${kind}/browser`, text: 'Begin again' },
});

/** Parameters that Kratos takes when a flow begins; it checks `return_to` against its list. */
function newFlow(kind: FlowKind, url: URL): string {
  const query = new URLSearchParams();
  for (const name of ['return_to', 'aal', 'refresh']) {
    const value = url.searchParams.get(name);
    if (value !== null) query.set(name, value);
  }
  return `/self-service/${kind}/browser${query.size > 0 ? `?${query}` : ''}`;
}

/** Where a flow leads when it has ended; '' where that is no page of accounts. */
function backOf({ config }: Visit, flow: unknown): string {
  const back = textAt(flow, 'return_to');
  return URL.canParse(back) && new URL(back).origin === config.accounts ? back : '';
}

/** `back`: where the flow leads, which the next one takes over. */
function furtherLinks(kind: FlowKind, back: string): string {
  const query = back === '' ? '' : `?return_to=${encodeURIComponent(back)}`;
  const to = (path: string, text: string) => `<li><a href="${path}${escaped(query)}">${text}</a></li>`;
  const links = {
    login: [to('/registration', 'Create an account'), to('/recovery', 'Recover your account')],
    registration: [to('/login', 'Sign in')],
    recovery: [to('/login', 'Sign in')],
    verification: [to('/login', 'Sign in')],
    settings: [to('/sessions', 'Your sessions'), to('/sign-out', 'Sign out')],
  }[kind];
  return `<nav aria-label="Further pages"><ul>${links.join('')}</ul></nav>`;
}

const signOutForm = `<p>You are signed out of every app in this browser within two seconds.</p>
<form method="post" action="/sign-out"><button type="submit" name="what" value="here">Sign out</button>
<button type="submit" name="what" value="everywhere">Sign out everywhere</button></form>
<nav aria-label="Further pages"><ul><li><a href="/settings">Your account</a></li></ul></nav>`;

/** The session of this browser, and all others of the person. */
async function sessionsPage(visit: Visit): Promise<void> {
  const { kratos, request, response } = visit;
  const headers = { cookie: request.headers.cookie ?? '' };
  const own = await kratos.call('GET', '/sessions/whoami', headers);
  if (own.status !== 200) return redirect(response, 303, '/login?return_to=/sessions');
  const others = await kratos.call('GET', '/sessions?per_page=100', headers);
  const row = (session: unknown, isOwn: boolean) => {
    const device = listAt(session, 'devices')[0];
    const agent = textAt(device, 'user_agent') || 'Unknown browser';
    const where = [textAt(device, 'location'), textAt(device, 'ip_address')]
      .filter((text) => text !== '')
      .join(', ');
    const end = isOwn
      ? '<p>This browser</p>'
      : `<form method="post" action="/sessions"><input type="hidden" name="id" value="${escaped(textAt(session, 'id'))}"><button type="submit">End this session</button></form>`;
    return `<li><p>${escaped(agent)}${where === '' ? '' : `<br>${escaped(where)}`}<br>since <time>${escaped(textAt(session, 'authenticated_at'))}</time></p>${end}</li>`;
  };
  const list = Array.isArray(others.body) ? others.body : [];
  send(
    visit,
    200,
    'Your sessions',
    `<ul>${row(own.body, true)}${list.map((each) => row(each, false)).join('')}</ul>
<form method="post" action="/sessions"><button type="submit" name="what" value="others">End all others</button></form>
<nav aria-label="Further pages"><ul><li><a href="/settings">Your account</a></li><li><a href="/sign-out">Sign out</a></li></ul></nav>`,
  );
}

/** Ends sessions. What comes from another site, or does not say from where, ends none. */
async function changeSessions(visit: Visit): Promise<void> {
  const { config, kratos, sessions, request, response, url } = visit;
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isUnknown = origin === undefined && site === undefined;
  if (isUnknown || isFromElsewhere(request.headers, [config.accounts]))
    return refuse(request, response, {
      status: 403,
      code: 'foreign_origin',
      title: 'Not from this site',
      text: ['Another site sent this form in your name. Nothing was changed.'],
    });
  const form = new URLSearchParams(await readForm(request, mostBytes));
  const headers = { cookie: request.headers.cookie ?? '' };
  const [what, id] = [form.get('what'), form.get('id') ?? ''];
  if (what === 'others' || what === 'everywhere') done(await kratos.call('DELETE', '/sessions', headers));
  if (/^[0-9a-f-]{36}$/.test(id)) done(await kratos.call('DELETE', `/sessions/${id}`, headers));
  if (url.pathname === '/sessions') return redirect(response, 303, '/sessions');
  const value = cookie(headers.cookie, config.kratosCookie);
  if (value !== undefined) sessions.forget(`${config.kratosCookie}=${value}`);
  const logout = await kratos.call('GET', '/self-service/logout/browser', headers);
  if (logout.status === 401) return redirect(response, 303, '/login');
  const to = textAt(logout.body, 'logout_url');
  if (logout.status !== 200 || !URL.canParse(to))
    throw new Unavailable(`Kratos answers ${logout.status} to a sign-out`);
  const { pathname, search } = new URL(to);
  redirect(response, 303, `${pathname}${search}`, logout.cookies);
}

/** A session that is gone already is as good as ended. */
function done({ status }: JsonAnswer): void {
  if (status !== 200 && status !== 204 && status !== 401 && status !== 404)
    throw new Unavailable(`Kratos answers ${status} to the end of a session`);
}

async function readForm(request: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > mostBytes) break;
    chunks.push(chunk);
  }
  return size > mostBytes ? '' : Buffer.concat(chunks).toString();
}

/** What Kratos could not show in a flow (Kratos, 'User-Facing Errors'). */
async function errorPage(visit: Visit): Promise<void> {
  const { kratos, url } = visit;
  const id = url.searchParams.get('id') ?? '';
  const answer = await kratos.call('GET', `/self-service/errors?id=${encodeURIComponent(id)}`, {});
  const error = at(answer.body, 'error');
  const text = textAt(error, 'reason') || textAt(error, 'message') || 'This error is known no more.';
  send(
    visit,
    answer.status === 200 ? 400 : 404,
    'This did not work',
    `<p class="says error" role="alert">${escaped(text)}</p>\n<p><a class="button" href="/">Your account</a></p>`,
  );
}

function notAllowed({ request, response }: Visit): void {
  refuse(request, response, {
    status: 405,
    code: 'method_not_allowed',
    title: 'This page is only read',
    text: ['Open it with GET.'],
  });
}

const kratosAway = {
  status: 503,
  code: 'accounts_unavailable',
  title: 'The sign-in does not answer',
  text: ['Nothing was changed. Try again in a moment.'],
};
