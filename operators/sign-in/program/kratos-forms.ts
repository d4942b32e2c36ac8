import type { IncomingMessage } from 'node:http';
import { readForm, type Visit } from './account-visit.ts';
import { type Refused, refuse } from './answers.ts';
import { endToEnd, personHeader } from './headers.ts';
import { repeatPause } from './kratos.ts';
import { loginForm, loginPath, withSaid } from './login-forms.ts';
import { pass } from './upstream.ts';
import { limitedAddress } from './visitor-address.ts';

/** Maximum size in bytes of a form for Kratos; that of a passkey has some kilobytes. */
const mostFormBytes = 64 * 1024;

/**
 * Forwards a form to Kratos. Attempts are counted by the address of the visitor, and by the account in the form, or by the flow if it
 * has none. An address that is refused uses up no attempts of an account.
 */
export async function submit(visit: Visit): Promise<void> {
  const { tries, request, response, url } = visit;
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return refuse(request, response, {
      status: 415,
      code: 'forms_only',
      title: 'This is no form',
      text: ['The pages of accounts send forms (application/x-www-form-urlencoded).'],
    });
  const from = limitedAddress(request);
  const wait = from === undefined ? 0 : tries.address.take(from);
  if (wait > 0) return refuse(request, response, tooManyFromHere(wait), { 'retry-after': `${wait}` });
  const body = await readForm(request, mostFormBytes);
  const form = new URLSearchParams(body);
  const accounts = accountsIn(form);
  if (accounts.length > 1) return refuse(request, response, severalAccounts);
  const [key = newAccountIn(form) ?? `flow ${url.searchParams.get('flow')}`] = accounts;
  const seconds = tries.account.take(key);
  if (seconds > 0) return refuse(request, response, tooMany(seconds), { 'retry-after': `${seconds}` });
  const hold = accounts.length === 0 ? {} : { hold: even(visit) };
  const login = url.pathname === loginPath ? await loginForm(visit, form, accounts[0]) : undefined;
  if (login === 'answered') return;
  passToKratos(visit, { body, ...login, ...hold });
}

/** Milliseconds after which a form that names an account is answered at the earliest; more than Kratos needs to compare a password. */
export const evenMs = 1_000;

/**
 * Kratos compares no password where no account has the address, and is faster then: its answer waits, so that the time does not say
 * whether there is an account. One that signs in is sent at once.
 */
function even({ config, evenMs: least }: Visit): (answer: IncomingMessage) => number {
  const from = performance.now();
  return ({ headers }) => {
    const signsIn = headers['set-cookie']?.some((each) => each.startsWith(`${config.kratosCookie}=`));
    return signsIn === true ? 0 : Math.max(0, from + least - performance.now());
  };
}

/** A registration is counted by its address, but not with the tries at an account: a stranger cannot use these up by it. */
function newAccountIn(form: URLSearchParams): string | undefined {
  const address = form.get('traits.email')?.trim().toLowerCase() ?? '';
  return address === '' ? undefined : `new ${address}`;
}

/** Form fields that can contain the address of an account. */
const accountFields = ['identifier', 'password_identifier', 'email'];

function accountsIn(form: URLSearchParams): string[] {
  const named = accountFields.flatMap((field) => form.getAll(field)).map((text) => text.trim().toLowerCase());
  // The field is empty in forms of passkeys and providers.
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

const tooManyFromHere = (seconds: number): Refused => ({
  status: 429,
  code: 'too_many_tries_from_here',
  title: 'Too many tries',
  text: [
    `Too many forms came from your network. The next one is possible in ${seconds} seconds. Nothing was carried out.`,
  ],
  link: { to: '/login', text: 'Sign in' },
});

/** What is passed on in place of the visitor's request, and how its answer is changed. */
interface Changed {
  /** Default: the body of the request. */
  body?: string;
  /** Parameter `code` of the page of a sign-in to which the answer redirects. Default: none. */
  said?: string;
  /** Milliseconds until the answer may be sent. Default: none. */
  hold?: (answer: IncomingMessage) => number;
}

/**
 * Kratos' paths for browsers. Flows of native programs are excluded, because they have no CSRF token; so are flows as JSON, which only
 * the pages read: they say more than the pages. A form is only sent by POST.
 */
export function passToKratos(
  { config, kratos, request, response, url }: Visit,
  { body, said, hold }: Changed = {},
): void {
  const { pathname } = url;
  const isForm = pathname === loginPath || pathname === '/self-service/registration';
  const isProgram = /^\/self-service\/[^/]+\/(api|flows)(\/|$)/.test(pathname);
  const isPassed = request.method === 'POST' || (request.method === 'GET' && !isForm);
  if (isProgram || !isPassed) {
    refuse(request, response, {
      status: 404,
      code: 'browsers_only',
      title: 'Nothing is here',
      text: ['Only browsers sign in here.'],
    });
    return;
  }
  const replaced = new Set(body === undefined ? [] : ['accept', 'content-length']);
  const headers = endToEnd(request).filter(
    ([name]) => name.toLowerCase().replaceAll('_', '-') !== personHeader && !replaced.has(name.toLowerCase()),
  );
  // A form is answered with a page: as JSON Kratos says more.
  if (body !== undefined)
    headers.push(['accept', 'text/html'], ['content-length', `${Buffer.byteLength(body)}`]);
  // The start of a flow may be carried out twice.
  const times = /^\/self-service\/[^/]+\/browser$/.test(pathname) ? kratos.lostConnections + 1 : 0;
  pass({
    ...{ request, response, headers, target: { ...kratos.options() } },
    ofErrors: { times, pauseMs: repeatPause },
    failed: () => refuse(request, response, kratosAway, { 'retry-after': '2' }),
    ...(body === undefined ? {} : { body }),
    ...(hold === undefined ? {} : { hold }),
    ...(said === undefined ? {} : { location: (to) => withSaid(config.accounts, to, said) }),
  });
}

const kratosAway = {
  status: 503,
  code: 'accounts_unavailable',
  title: 'The sign-in does not answer',
  text: ['Try again in a moment.'],
};
