import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import type { Exposes } from '../schema/exposes.ts';

type Owned = readonly [names: RegExp, why: string, fix: string];

/** Headers that frame a message or belong to one connection (RFC 9110, 7.6.1; RFC 9112, 6). */
const framing: Owned = [
  /^(connection|content-length|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i,
  'it describes each message or connection, and a fixed value breaks them',
  'remove it: HTTP writes it itself',
];

const owned: Record<'request' | 'response', readonly Owned[]> = {
  request: [
    framing,
    [/^(:.*|host)$/i, 'visitors name the host, by which the app and the gateway find it', 'remove it'],
    [
      /^(forwarded|x-forwarded-.*|x-real-ip)$/i,
      'the gateway writes there what it knows of the visitor, and limits count by it',
      'remove it; a value of your own needs another name, such as X-Shop-Source',
    ],
  ],
  response: [
    framing,
    [
      /^content-(encoding|range)$/i,
      'it describes one answer, and a fixed value makes the others unreadable',
      'remove it: the app writes it',
    ],
    [
      /^set-cookie$/i,
      'it would replace each cookie of the app, and give all visitors the same one',
      'set the cookie in the app',
    ],
  ],
};

/** Headers that HTTP, the gateway or the app alone can write. */
export function checkOwnedHeaders({ source }: Loaded<App>, { headers }: Exposes): Diagnostic[] {
  return (['request', 'response'] as const).flatMap((side) =>
    Object.keys(headers[side]).flatMap((name) => {
      const [, why, fix] = owned[side].find(([names]) => names.test(name)) ?? [];
      if (why === undefined || fix === undefined) return [];
      const what = `the gateway would set '${name}' in every ${side}`;
      const place = ['exposes', 'headers', side, name];
      return [diagnosticAt(source, place, { code: 'header-of-others', what, why, fix }, 'key')];
    }),
  );
}
