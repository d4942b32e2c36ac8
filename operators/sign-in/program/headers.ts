import type { IncomingMessage } from 'node:http';
import { appCookies, withoutCookies } from './cookies.ts';

/** Header with the token of the person who asks. */
export const personHeader = 'x-plinth-person';

/** Headers of one connection alone (RFC 9110, section 7.6.1). */
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

/** Names and values as they came, with those that stand several times. */
export type HeaderList = [name: string, value: string][];

function headersOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): HeaderList {
  const list: HeaderList = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    list.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return list;
}

/** What goes on to the next server: without headers of the connection, and those that the connection names. */
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

/** Some programs read `x_plinth_person` as the same name (RFC 3875, section 4.1.18). */
function isPersonHeader(name: string): boolean {
  return name.toLowerCase().replaceAll('_', '-') === personHeader;
}

/** What an app is asked: without what a visitor says of himself and the cookies of the proxy, with the token. */
export function requestHeaders(request: IncomingMessage, token: string): HeaderList {
  const kept = endToEnd(request).flatMap(([name, value]): HeaderList => {
    if (isPersonHeader(name)) return [];
    if (name.toLowerCase() !== 'cookie') return [[name, value]];
    const left = withoutCookies(value, Object.values(appCookies));
    return left === undefined ? [] : [[name, left]];
  });
  // The body comes as it was framed; Node frames it anew where its length is not known.
  return [...kept, [personHeader, token]];
}

/** What a visitor gets of an app's answer: without cookies by which the app would play the proxy. */
export function responseHeaders(response: IncomingMessage): HeaderList {
  const ours: readonly string[] = Object.values(appCookies);
  return endToEnd(response).filter(
    ([name, value]) =>
      name.toLowerCase() !== 'set-cookie' || !ours.includes(value.split('=', 1)[0]?.trim() ?? ''),
  );
}
