import type { OpenError } from '../errors/errors.ts';
import { type Html, html } from '../html.ts';
import type { State } from '../state.ts';
import { badge, named, none, nothing, table, time } from './common.ts';

/** Groups of errors of the apps; empty if there are none. */
export function errors({ errors: items }: State): Html {
  if (items.length === 0) return nothing;
  return html`
<h2>Errors of the apps</h2>${table(
    html`The last day: the first line of an error can be older. Numbers and identifiers do not count. With users, releases and the first line of all: <code>npm run errors</code>. Once one is fixed: <code>npm run errors -- resolve ID</code>`,
    ['Error', 'State', 'Lines', 'First of the day', 'Last', 'Newest trace'],
    items.map(row),
    '',
  )}`;
}

function row({ id, app, message, thrown, place, state, count, first, last, trace }: OpenError): Html[] {
  return [
    named(short(message), html`${app}, <code>${id}</code>`, short(thrown), short(place)),
    state === 'regressed' ? badge('bad', 'Regressed') : badge('working', 'New'),
    html`${count}`,
    time(first),
    time(last),
    trace === '' ? none : html`<code>npm run trace -- ${trace}</code>`,
  ];
}

/** A message can be 256 KiB long. */
function short(text: string): string {
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
