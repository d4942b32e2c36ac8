import type { IncomingMessage, ServerResponse } from 'node:http';
import { escaped, page } from './html.ts';

/** A refusal as a page for people and as JSON for programs. */
export interface Refused {
  status: number;
  /** Error code for programs: `not_signed_in`. */
  code: string;
  /** Title of the page. */
  title: string;
  /** Paragraphs of the page: the cause and the remedy. */
  text: string[];
  /** Link below the text. Default: none. */
  link?: { to: string; text: string };
  /** A button below the text, which posts a form without fields. Default: none. */
  form?: { to: string; text: string };
}

/** Whether the request is a page navigation of a browser, not a request of a program. */
export function isNavigation({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate';
  return (headers.accept ?? '').includes('text/html');
}

/** Headers of all responses of this program. */
export const ownHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
};

/** CORS headers that allow the app's own origins to read a response (Fetch, 'CORS protocol'). */
export function corsHeaders(
  { headers }: Pick<IncomingMessage, 'headers'>,
  origins: readonly string[],
): Record<string, string> {
  const { origin } = headers;
  if (origin === undefined || !origins.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
  };
}

/** Sends a refusal as a page for navigations and as JSON otherwise. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, title, text, link, form }: Refused,
  headers: Record<string, string | string[]> = {},
): void {
  // The rest of the body is not read: the connection is closed.
  const shared = { ...ownHeaders, ...headers, connection: 'close' };
  if (isNavigation(request)) {
    const more =
      link === undefined
        ? ''
        : `<p><a class="button" href="${escaped(link.to)}">${escaped(link.text)}</a></p>`;
    const button =
      form === undefined
        ? ''
        : `<form method="post" action="${escaped(form.to)}"><button type="submit">${escaped(form.text)}</button></form>`;
    const lines = text.map((line) => `<p>${escaped(line)}</p>`).join('\n');
    const html = page(title, `${lines}\n${more}${button}`, 'plain');
    response.writeHead(status, { ...shared, 'content-type': 'text/html; charset=utf-8' }).end(html);
    return;
  }
  const body = {
    error: { code, message: text.join(' '), ...(link === undefined ? {} : { signIn: link.to }) },
  };
  response
    .writeHead(status, { ...shared, 'content-type': 'application/json' })
    .end(`${JSON.stringify(body)}\n`);
}

export function redirect(
  response: ServerResponse,
  status: 302 | 303,
  location: string,
  cookies: string[] = [],
): void {
  const set = cookies.length === 0 ? {} : { 'set-cookie': cookies };
  response.writeHead(status, { ...ownHeaders, location, ...set }).end();
}
