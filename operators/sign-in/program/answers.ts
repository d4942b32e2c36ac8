import type { IncomingMessage, ServerResponse } from 'node:http';
import { escaped, page } from './html.ts';

/** What a visitor is told, as the program that asked can read it. */
export interface Refused {
  status: number;
  /** For programs: `not_signed_in`. */
  code: string;
  /** Title of the page. */
  title: string;
  /** Sentences for people: what happened, and what to do. */
  text: string[];
  /** Where the page leads on to. */
  link?: { to: string; text: string };
  /** A form without fields, by which the page goes on. */
  form?: { to: string; text: string };
}

/** Whether a browser asks for a page to show, rather than a program for data. */
export function isNavigation({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate';
  return (headers.accept ?? '').includes('text/html');
}

/** Headers of every answer that this program makes itself. */
export const ownHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
};

/** Lets scripts of the app's own origins read an answer (Fetch, 'CORS protocol'); of no other. */
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

/** A page where a browser shows one, JSON otherwise. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, title, text, link, form }: Refused,
  headers: Record<string, string | string[]> = {},
): void {
  // What is left of a body is not read: the connection goes.
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
