import { type Html, html } from '../html.ts';
import type { State } from '../state.ts';
import { time } from './common.ts';

/** The overall state in one line, and the newest change. */
export function verdict(state: State): Html {
  return html`
<h2 class="headline ${state.mood}"><i aria-hidden="true"></i><span>${state.headline}</span></h2>
<p class="newest">${newest(state)}</p>`;
}

function newest({ source, changes, syncs }: State): Html {
  if (source === undefined) return html`Flux has not read its repository yet.`;
  const current = changes.find(({ coming }) => !coming);
  const revision = html`<code>${source.revision || '…'}</code>`;
  const what =
    current === undefined
      ? html`Newest revision ${revision}, fetched ${time(source.fetched)}.`
      : html`Newest change: <b>${current.subject}</b>, by ${current.author}, ${time(current.at)}, ${revision}.`;
  return html`${what} ${spread(syncs)}`;
}

/** Number of parts that have applied the newest revision. */
function spread(syncs: State['syncs']): Html {
  const reading = syncs.filter(({ newest: has }) => has !== undefined);
  const have = reading.filter(({ newest: has }) => has);
  if (reading.length === 0) return html``;
  if (have.length === reading.length) return html`All ${reading.length} parts have it.`;
  return html`${have.length} of ${reading.length} parts have it.`;
}
