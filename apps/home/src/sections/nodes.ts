import { type Html, html } from '../html.ts';
import type { State } from '../state.ts';
import { badge, named, none, table } from './common.ts';

/** The nodes. */
export function nodes({ nodes: items }: State): Html {
  return html`
<h2>The ground</h2>${table(
    html`Machines of the cluster.`,
    ['Node', 'State', 'Kubernetes', 'Size'],
    items.map(({ name, mood, message, role, version, size, runtime }) => [
      named(name, message, role),
      badge(mood),
      named(version, runtime),
      size === '' ? none : html`${size}`,
    ]),
    'None known yet.',
  )}`;
}
