import { createHash } from 'node:crypto';
import type { AppState } from './apps.ts';
import { type Html, html } from './html.ts';
import type { Mood } from './reading.ts';
import type { Problem, State } from './state.ts';

/** A part of the page that is sent again when it changes. */
export interface Section {
  id: string;
  /** Differs when the contents differ. */
  version: string;
  contents: Html;
}

/** The parts of the page that show the state, top to bottom. */
export function sections(state: State): Section[] {
  return [
    section('verdict', verdict(state)),
    section('problems', problems(state.problems)),
    section('apps', apps(state.apps)),
    section('syncs', syncs(state)),
    section('nodes', nodes(state)),
  ];
}

function section(id: string, contents: Html): Section {
  const version = createHash('sha256').update(contents.text).digest('base64url').slice(0, 12);
  return { id, version, contents };
}

const words: Record<Mood, string> = { good: 'Ready', working: 'Working', paused: 'Paused', bad: 'Failing' };

/** Shape, colour and word: whoever misses one of them has the others. */
function badge(mood: Mood, word = words[mood]): Html {
  return html`<span class="badge ${mood}"><i aria-hidden="true"></i>${word}</span>`;
}

/** The browser turns it into '3 minutes ago'; without JavaScript it stays a time. */
function time(at: string): Html {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return html`–`;
  const text = date.toISOString().slice(0, 16).replace('T', ' ');
  return html`<time datetime="${date.toISOString()}">${text} UTC</time>`;
}

function verdict({ mood, headline, source }: State): Html {
  return html`
<h2 class="headline ${mood}"><i aria-hidden="true"></i><span>${headline}</span></h2>
${
  source === undefined
    ? html`<p class="source">Flux has not read its repository yet.</p>`
    : html`<p class="source">Newest revision <code>${source.revision || '…'}</code>, fetched ${time(source.fetched)}</p>`
}`;
}

function problems(items: Problem[]): Html {
  if (items.length === 0) return html``;
  return html`
<h2>What needs a look</h2>
<ul class="problems">${items.map(
    ({ what, why, since }) => html`
<li><h3>${what}</h3><p>${why}</p>${since === '' ? html`` : html`<p class="quiet">Began ${time(since)}</p>`}</li>`,
  )}
</ul>`;
}

function apps(items: AppState[]): Html {
  return html`
<h2>What runs here</h2>
${items.length === 0 ? html`<p class="quiet">No app yet. Make one: <code>npm run new -- app NAME</code></p>` : html``}
<ul class="apps">${items.map(app)}
</ul>`;
}

function app({ name, summary, mood, message, url, image, ready, wanted }: AppState): Html {
  const title = url === '' ? html`${name}` : html`<a id="open-${name}" href="${url}">${name}</a>`;
  return html`
<li class="${mood}">
<div class="row"><h3>${title}</h3>${badge(mood)}</div>
<p>${summary}</p>
${message === '' ? html`` : html`<p class="message">${message}</p>`}
<dl>
<div><dt>Replicas</dt><dd>${ready} of ${wanted}</dd></div>
<div><dt>Image</dt><dd><code>${image}</code></dd></div>
<div><dt>Address</dt><dd>${url === '' ? 'inside the cluster only' : url.replace(/^https?:\/\//, '').replace(/\/$/, '')}</dd></div>
</dl>
</li>`;
}

function syncs({ syncs: items, source }: State): Html {
  const from =
    source === undefined ? html`` : html` Source: <code>${source.url}</code>, branch ${source.branch}.`;
  const rows = items.map(
    ({ name, mood, message, since, revision }) => html`
<tr><th scope="row">${name}${message === '' ? html`` : html`<small>${message}</small>`}</th>
<td>${badge(mood)}</td><td><code>${revision || '–'}</code></td><td class="wide">${time(since)}</td></tr>`,
  );
  return html`
<h2>What it stands on</h2>
<table>
<caption>Parts of the platform, kept by Flux as Git says.${from}</caption>
<thead><tr><th scope="col">Part</th><th scope="col">State</th><th scope="col">Revision</th><th scope="col" class="wide">Since</th></tr></thead>
<tbody>${rows.length === 0 ? nothing(4, 'Nothing yet: Flux is not installed, or has not read its repository.') : rows}
</tbody>
</table>`;
}

function nodes({ nodes: items }: State): Html {
  const rows = items.map(
    ({ name, mood, message, role, version, size, runtime }) => html`
<tr><th scope="row">${name}<small>${message || role}</small></th>
<td>${badge(mood)}</td><td>${version}<small>${runtime}</small></td><td class="wide">${size}</td></tr>`,
  );
  return html`
<h2>The ground</h2>
<table>
<caption>Machines of the cluster.</caption>
<thead><tr><th scope="col">Node</th><th scope="col">State</th><th scope="col">Kubernetes</th><th scope="col" class="wide">Size</th></tr></thead>
<tbody>${rows.length === 0 ? nothing(4, 'None known yet.') : rows}
</tbody>
</table>`;
}

function nothing(columns: number, text: string): Html {
  return html`<tr><td colspan="${columns}" class="quiet">${text}</td></tr>`;
}
