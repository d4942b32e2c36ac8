import { type Html, html } from '../html.ts';
import type { State } from '../state.ts';
import { badge, named, none, table, time } from './common.ts';

/** The parts of the platform, with their images. */
export function syncs({ syncs: all, apps, source }: State): Html {
  // The Kustomization of an app is on the app's card.
  const items = all.filter(({ name }) => !apps.some((app) => app.name === name));
  const from =
    source === undefined ? html`` : html` Source: <code>${source.url}</code>, branch ${source.branch}.`;
  return html`
<h2>What it stands on</h2>${table(
    html`Parts of the platform, kept by Flux as Git says.${from}`,
    ['Part', 'State', 'Runs', 'Revision', 'Since'],
    items.map(({ name, mood, message, since, revision, images }) => [
      named(name, message),
      badge(mood),
      images.length === 0 ? none : html`${images.map((image) => html`<code>${image}</code> `)}`,
      revision === '' ? none : html`<code>${revision}</code>`,
      time(since),
    ]),
    'Nothing yet: Flux is not installed, or has not read its repository.',
  )}`;
}
