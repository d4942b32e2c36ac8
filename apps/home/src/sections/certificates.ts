import { type Html, html } from '../html.ts';
import type { State } from '../state.ts';
import { badge, named, nothing, table, time } from './common.ts';

/** Age and renewal of each certificate; empty if there are none. */
export function certificates({ certificates: items }: State): Html {
  if (items.length === 0) return nothing;
  return html`
<h2>Certificates</h2>${table(
    html`Kept by cert-manager; each is renewed before it expires.`,
    ['Certificate', 'State', 'Issued', 'Renews', 'Expires'],
    items.map(({ name, namespace, subject, issuer, mood, message, notBefore, renewal, notAfter }) => [
      named(
        name,
        message,
        `In ${namespace}${issuer && `, signed by ${issuer}`}${subject && subject !== name ? `, for ${subject}` : ''}`,
      ),
      badge(mood),
      time(notBefore),
      time(renewal),
      time(notAfter),
    ]),
    '',
  )}`;
}
