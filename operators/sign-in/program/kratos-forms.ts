import type { IncomingMessage } from 'node:http';
import { readForm, type Visit } from './account-visit.ts';
import { type Refused, refuse } from './answers.ts';
import { endToEnd, personHeader } from './headers.ts';
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
  const accounts = accountsIn(new URLSearchParams(body));
  if (accounts.length > 1) return refuse(request, response, severalAccounts);
  const [key = `flow ${url.searchParams.get('flow')}`] = accounts;
  const seconds = tries.account.take(key);
  if (seconds === 0) return passToKratos(visit, body, accounts.length === 0 ? undefined : even(visit));
  refuse(request, response, tooMany(seconds), { 'retry-after': `${seconds}` });
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

/** Kratos' paths for browsers; flows of native programs are excluded, because they have no CSRF token. */
export function passToKratos(
  { kratos, request, response, url }: Visit,
  body?: string,
  hold?: (answer: IncomingMessage) => number,
): void {
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
  const given = { ...(body === undefined ? {} : { body }), ...(hold === undefined ? {} : { hold }) };
  pass({ request, response, target: { ...kratos.options() }, headers, failed, ...given });
}

const kratosAway = {
  status: 503,
  code: 'accounts_unavailable',
  title: 'The sign-in does not answer',
  text: ['Nothing was changed. Try again in a moment.'],
};
