import type { IncomingMessage } from 'node:http';
import { appCookies, withoutCookies } from './cookies.ts';

/** Header with the token of the person. */
export const personHeader = 'x-plinth-person';

/** Connection-specific headers (RFC 9110, section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** Names and values in order, including repeated headers. */
export type HeaderList = [name: string, value: string][];

function headersOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): HeaderList {
  const list: HeaderList = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    list.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return list;
}

/** The headers to forward: without connection-specific ones, and without those listed in Connection. */
export function endToEnd(message: Pick<IncomingMessage, 'rawHeaders' | 'headers'>): HeaderList {
  const named = (message.headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  return headersOf(message).filter(([name]) => {
    const lower = name.toLowerCase();
    return !hopByHop.has(lower) && !named.includes(lower);
  });
}

/** Normalises a name, because some programs treat `x_plinth_person` as the same header (RFC 3875, section 4.1.18). */
function isPersonHeader(name: string): boolean {
  return name.toLowerCase().replaceAll('_', '-') === personHeader;
}

/** Headers of the request to the app: with the token, without the visitor's own token header and the proxy's cookies. */
export function requestHeaders(request: IncomingMessage, token: string): HeaderList {
  const kept = endToEnd(request).flatMap(([name, value]): HeaderList => {
    if (isPersonHeader(name)) return [];
    if (name.toLowerCase() !== 'cookie') return [[name, value]];
    const left = withoutCookies(value, Object.values(appCookies));
    return left === undefined ? [] : [[name, left]];
  });
  // Content-Length is kept; Node uses chunked encoding if the length is unknown.
  return [...kept, [personHeader, token]];
}

/** Headers of the app's response, without cookies with names of the proxy. */
export function responseHeaders(response: IncomingMessage): HeaderList {
  const ours: readonly string[] = Object.values(appCookies);
  return endToEnd(response).filter(
    ([name, value]) =>
      name.toLowerCase() !== 'set-cookie' || !ours.includes(value.split('=', 1)[0]?.trim() ?? ''),
  );
}
