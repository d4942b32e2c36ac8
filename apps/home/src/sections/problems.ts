import { type Html, html } from '../html.ts';
import type { Problem } from '../problems.ts';
import type { More } from '../reading.ts';
import type { State } from '../state.ts';
import { nothing, time } from './common.ts';

/** Problems with reason, start time and command. */
export function problems({ problems: items }: State): Html {
  if (items.length === 0) return nothing;
  return html`
<h2>What needs a look</h2>
<ul class="problems">${items.map(problem)}
</ul>`;
}

function problem({ what, why, since, more }: Problem): Html {
  return html`
<li>
<div class="row"><h3>${what}</h3>${since === '' ? nothing : html`<span class="since">${time(since)}</span>`}</div>
<p class="why">${why}</p>${more === undefined ? nothing : leadsOn(more)}
</li>`;
}

function leadsOn({ command, events }: More): Html {
  const list = events.map(
    ({ reason, message, at, count }) => html`
<li><b>${reason}</b>${count > 1 ? ` ${count} times` : ''}, ${time(at)}: ${message}</li>`,
  );
  return html`${
    list.length === 0
      ? nothing
      : html`
<p class="quiet">Last warnings</p>
<ul class="events">${list}
</ul>`
  }
<p class="command"><span class="quiet">To see more, type</span> <code class="typed">${command}</code></p>`;
}
