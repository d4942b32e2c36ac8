import type { IncomingMessage, ServerResponse } from 'node:http';
import { redirect, refuse } from './answers.ts';
import type { Codes } from './codes.ts';
import { cookie } from './cookies.ts';
import { ownPaths } from './door.ts';
import type { Sessions } from './sessions.ts';

/** Maximum length of a return address (RFC 9110, section 4.1, recommends 8000). */
const longestAddress = 8_000;

export interface HandOverInput {
  /** Origin of the pages of accounts. */
  accounts: string;
  /** Origins of apps that need a sign-in. */
  origins: ReadonlySet<string>;
  kratosCookie: string;
  sessions: Sessions;
  codes: Codes;
}

/** A return address: an origin of an app, and a path with its query. */
export interface Return {
  origin: string;
  path: string;
}

/** Parses a return address; undefined if it is invalid or not at a listed origin. */
export function returnTo(text: string | null, origins: ReadonlySet<string>): Return | undefined {
  if (text === null || text.length > longestAddress || !URL.canParse(text)) return undefined;
  const { origin, pathname, search, username, password } = new URL(text);
  if (!origins.has(origin) || username !== '' || password !== '') return undefined;
  return { origin, path: `${pathname}${search}` };
}

/**
 * `/sign-in`: transfers the session of this host to that of an app, by a code that is valid once in the browser that started.
 * Without a session it redirects to Kratos' login flow first, which returns here.
 */
export async function handOver(
  { accounts, origins, kratosCookie, sessions, codes }: HandOverInput,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const back = returnTo(url.searchParams.get('return_to'), origins);
  const state = url.searchParams.get('state') ?? '';
  if (back === undefined || !/^[\w-]{43}$/.test(state)) {
    refuse(request, response, {
      status: 400,
      code: 'return_refused',
      title: 'This sign-in leads nowhere',
      text: [
        'The address to return to is none of the apps that use this sign-in, so nobody is sent there.',
        'Open the app itself, and it leads you here.',
      ],
      link: { to: '/', text: 'Your account' },
    });
    return;
  }
  const value = cookie(request.headers.cookie, kratosCookie);
  const known = value === undefined ? 'none' : await sessions.of(`${kratosCookie}=${value}`);
  if (value !== undefined && typeof known === 'object') {
    const code = codes.issue({ ...back, state, session: value });
    const to = new URL(`${back.origin}${ownPaths.done}`);
    to.searchParams.set('code', code);
    redirect(response, 303, to.href);
    return;
  }
  const flow = new URL('/self-service/login/browser', accounts);
  if (known === 'second-factor') flow.searchParams.set('aal', 'aal2');
  flow.searchParams.set('return_to', url.href);
  redirect(response, 303, flow.href);
}
