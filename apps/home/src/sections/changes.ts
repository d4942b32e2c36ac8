import type { ChangeState } from '../changes.ts';
import { type Html, html } from '../html.ts';
import type { SourceState } from '../source.ts';
import type { State } from '../state.ts';
import { badge, nothing, time } from './common.ts';

/** The last commits: subject, author, time, and changed parts. */
export function changes({ changes: items, source }: State): Html {
  if (source === undefined) return nothing;
  return html`
<h2>Last changes</h2>
${
  items.length === 0
    ? elsewhere(source)
    : html`<ol class="changes">${items.map(change)}
</ol>`
}`;
}

/** If the repository is outside of the cluster, Flux reports only the commit, not its author. */
function elsewhere({ url, revision }: SourceState): Html {
  const where = /^https:\/\//.test(url) ? html`<a href="${url}">${url}</a>` : html`<code>${url}</code>`;
  return html`<p class="quiet">Flux has fetched <code>${revision || 'nothing yet'}</code> from ${where}. Who made which change is not told here: see that repository's history.</p>`;
}

function change({ commit, subject, author, at, parts, coming }: ChangeState): Html {
  return html`
<li>
<div class="row"><h3>${subject}</h3><span class="since">${coming ? badge('working', 'Not fetched yet') : time(at)}</span></div>
<p>${author} · <code>${commit.slice(0, 8)}</code>${parts.length === 0 ? nothing : html` · ${touched(parts)}`}</p>
</li>`;
}

const shown = 4;

function touched(parts: string[]): string {
  if (parts.length <= shown + 1) return parts.join(', ');
  return `${parts.slice(0, shown).join(', ')} and ${parts.length - shown} other parts`;
}
