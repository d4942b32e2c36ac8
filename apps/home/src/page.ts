import { type Html, html } from './html.ts';
import { sections } from './sections/sections.ts';
import type { State } from './state.ts';
import { spoken, title } from './title.ts';

/** The whole document. It is complete without scripts; live.js keeps its sections current. */
export function page(state: State, build: string): string {
  return html`<!doctype html>
<html lang="en" data-build="${build}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title(state)}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script src="/live.js" type="module"></script>
</head>
<body>
<a class="skip" href="#apps">To the apps</a>
<header>
<h1>${mark()}Plinth${state.environment === '' ? html`` : html` <span>${state.environment}</span>`}</h1>
<p id="link" class="quiet"><noscript>Reload the page to see the newest state.</noscript></p>
</header>
<p id="news" class="unseen" role="status" data-told="${spoken(state)}"></p>
<main>${sections(state).map(
    ({ id, version, contents }) => html`
<section id="${id}" tabindex="-1" data-version="${version}">${contents}</section>`,
  )}
</main>
<footer><p>Read live from the cluster's API. The same as data: <a href="/api/state">/api/state</a></p></footer>
</body>
</html>
`.text;
}

function mark(): Html {
  return html`<svg viewBox="0 0 32 32" aria-hidden="true"><path d="M11 4h10v9H11zM7 15h18v5H7zM3 22h26v6H3z"/></svg>`;
}
