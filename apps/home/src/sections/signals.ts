import { type Html, html } from '../html.ts';
import { minutes, type Plot } from '../signals.ts';
import type { State } from '../state.ts';
import { none, nothing, table } from './common.ts';

const kinds = ['requests', 'failed', 'slow', 'memory'] as const;
type Kind = (typeof kinds)[number];

const titles: Record<Kind, string> = {
  requests: 'Requests',
  failed: 'Failed',
  slow: 'Slow (95 %)',
  memory: 'Memory',
};

const written: Record<Kind, (value: number) => string> = {
  requests: (value) => `${rounded(value)}/s`,
  failed: (value) => `${rounded(value * 100)} %`,
  slow: (value) => (value < 1 ? `${rounded(value * 1_000)} ms` : `${rounded(value)} s`),
  memory: (value) => `${Math.round(value / 2 ** 20)} MiB`,
};

/** The four signals of each app in the last hour; empty without metrics. */
export function signals({ signals: items }: State): Html {
  if (items.length === 0) return nothing;
  return html`
<h2>How the apps do</h2>${table(
    html`The last hour. One slow request as a tree: <code>npm run trace -- --slow APP</code>; its lines: <code>npm run logs -- APP</code>; all plots: <code>npm run open -- dashboards</code>`,
    ['App', ...kinds.map((kind) => titles[kind])],
    items.map((app) => [html`${app.name}`, ...kinds.map((kind) => cell(kind, app[kind]))]),
    '',
  )}`;
}

function cell(kind: Kind, plot: Plot): Html {
  const known = plot.filter((value) => value !== undefined);
  const newest = known.at(-1);
  if (newest === undefined) return none;
  const write = written[kind];
  const label = `${titles[kind]}, last hour: from ${write(Math.min(...known))} to ${write(Math.max(...known))}`;
  return html`<svg class="plot" viewBox="0 0 ${minutes - 1} 20" preserveAspectRatio="none" role="img" aria-label="${label}">${lines(plot)}</svg> ${write(newest)}`;
}

/** One line per continuous range of minutes with values; zero is at the bottom. */
function lines(plot: Plot): Html[] {
  const top = Math.max(...plot.map((value) => value ?? 0)) || 1;
  const stretches: string[][] = [[]];
  plot.forEach((value, minute) => {
    if (value === undefined) stretches.push([]);
    else stretches.at(-1)?.push(`${minute},${(19 - (value / top) * 18).toFixed(1)}`);
  });
  return stretches
    .filter((points) => points.length > 1)
    .map((points) => html`<polyline points="${points.join(' ')}"/>`);
}

/** Three significant digits. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
