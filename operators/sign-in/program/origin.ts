import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of another origin sent a request. A page with `Referrer-Policy: no-referrer` sends `Origin: null` with its own
 * forms too (Fetch, 'Origin' header); then `Sec-Fetch-Site` decides, which no script can set (Fetch Metadata Request Headers).
 * False without both headers: the request is from a program, so no browser added cookies.
 */
export function isFromElsewhere(headers: IncomingHttpHeaders, origins: readonly string[]): boolean {
  const { origin } = headers;
  if (origin !== undefined && origin !== 'null') return !origins.includes(origin);
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin === 'null';
}
