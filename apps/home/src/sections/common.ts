import { type Html, html } from '../html.ts';
import type { Mood } from '../reading.ts';

/** Empty HTML. */
export const nothing: Html = html``;

const words: Record<Mood, string> = { good: 'Ready', working: 'Working', paused: 'Paused', bad: 'Failing' };

/** An empty cell. */
export const none: Html = html`<span class="none">–</span>`;

/** Shape, colour and word, so that each alone is enough. */
export function badge(mood: Mood, word: string = words[mood]): Html {
  return html`<span class="badge ${mood}"><i aria-hidden="true"></i>${word}</span>`;
}

/** The browser shows '3 minutes ago'; without JavaScript the time stays. */
export function time(at: string): Html {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return none;
  const text = date.toISOString().slice(0, 16).replace('T', ' ');
  return html`<time datetime="${date.toISOString()}">${text} UTC</time>`;
}

/**
 * A table whose first column has row headers; `columns` are the column headers. On a phone each row is a
 * block.
 */
export function table(caption: Html, columns: string[], rows: Html[][], empty: string): Html {
  const body = rows.map(
    ([first, ...cells]) => html`
<tr><th scope="row">${first}</th>${cells.map((cell, index) => html`<td data-label="${columns[index + 1]}">${cell}</td>`)}</tr>`,
  );
  return html`
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.length > 0 ? body : html`<tr><td colspan="${columns.length}" class="quiet">${empty}</td></tr>`}
</tbody>
</table>`;
}

/** A row header: a name, and further lines below it. */
export function named(name: string, ...lines: (string | Html)[]): Html {
  return html`${name}${lines.filter((line) => line !== '').map((line) => html` <small>${line}</small>`)}`;
}
