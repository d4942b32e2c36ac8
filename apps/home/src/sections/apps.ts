import type { AppState } from '../apps.ts';
import { type Html, html } from '../html.ts';
import type { Schedule } from '../schedules.ts';
import type { State } from '../state.ts';
import { badge, nothing, time } from './common.ts';

/** One card per app; a click anywhere on the card opens the app. */
export function apps({ apps: items }: State): Html {
  return html`
<h2>What runs here</h2>
${
  items.length === 0
    ? html`<p class="quiet">No app yet. Make one: <code>npm run new -- app NAME</code></p>`
    : html`<ul class="apps">${items.map(app)}
</ul>`
}`;
}

function app({ name, summary, mood, message, url, addresses, image, change, sync, ...rest }: AppState): Html {
  const title = url === '' ? html`${name}` : html`<a id="open-${name}" href="${url}">${name}</a>`;
  const changed = change && html`${time(change.at)} by ${change.author}`;
  return html`
<li class="${mood}">
<div class="row"><h3>${title}</h3>${badge(mood)}</div>
<p>${summary}</p>${
    message === ''
      ? nothing
      : html`
<p class="message">${message}</p>`
  }
<dl>
${rest.runs === undefined ? reachedAt(url, addresses) : runs(rest.runs)}
<div><dt>Version</dt><dd><code>${image}</code></dd></div>
<div><dt>Synced</dt><dd>${synced(sync)}</dd></div>
${rest.runs === undefined ? html`<div><dt>Replicas</dt><dd>${rest.ready} of ${rest.wanted} answer</dd></div>` : nothing}${
  changed === undefined
    ? nothing
    : html`
<div><dt>Changed</dt><dd>${changed}</dd></div>`
}
</dl>
</li>`;
}

/** The host name at the gateway, then the addresses of public ports. */
function reachedAt(url: string, addresses: string[]): Html {
  const host = url.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const all = [host, ...addresses].filter((address) => address !== '');
  const lines = all.map((address) => html`<dd>${address}</dd>`);
  return html`<div><dt>Address</dt>${all.length === 0 ? html`<dd>inside the cluster only</dd>` : lines}</div>`;
}

function runs({ cron, timeZone, last, result }: Schedule): Html {
  const ended = last === '' ? html`${result}` : html`${result}, ${time(last)}`;
  return html`<div><dt>Runs</dt><dd><code>${cron}</code> ${timeZone}</dd></div>
<div><dt>Last run</dt><dd>${ended}</dd></div>`;
}

/** The applied revision, and the state of the next one if there is one. */
function synced(sync: AppState['sync']): Html {
  if (sync === undefined) return html`not known to Flux`;
  const { mood, reason, revision } = sync;
  const words = { good: '', working: 'the next on its way', paused: 'suspended', bad: 'the next refused' };
  const word = reason === 'HealthCheckFailed' ? 'the next not healthy' : words[mood];
  return html`<code>${revision || 'nothing yet'}</code>${word && `, ${word}`}`;
}
