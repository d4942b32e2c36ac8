import { styleText } from 'node:util';
import { formatDiagnostic } from '../../model/diagnostics/format-diagnostic.ts';
import type { Diff, FileEffect } from './diff.ts';
import type { Gravity } from './effects.ts';

const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
const dim = (text: string) => styleText('dim', text, { stream: process.stdout });
const red = (text: string) => styleText('red', text, { stream: process.stdout });

/** Headings of the severities. */
export const headings: Readonly<Record<Gravity, string>> = {
  refused: 'cannot be applied',
  lost: 'is deleted with its data',
  stops: 'stops',
  restarts: 'restarts',
  reissues: 'certificates',
  access: 'access',
  starts: 'starts',
  other: 'else',
};

const grave: readonly Gravity[] = ['refused', 'lost'];

/** Maximum number of fields shown per effect; the rest is counted. */
const most = 6;

/** Text for a terminal: by environment, the gravest effects first. */
export function printDiff({ ref, environments, diagnostics }: Diff): string {
  const changed = environments.filter(({ effects }) => effects.length > 0);
  const lines = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic));
  if (changed.length === 0) return `${[...lines, `nothing differs from ${ref}`].join('\n')}\n`;
  for (const { environment, effects } of changed) {
    lines.push(bold(environment));
    for (const [gravity, group] of Map.groupBy(effects, (effect) => effect.gravity)) {
      const heading = `${headings[gravity]} (${group.length})`;
      lines.push(`  ${grave.includes(gravity) ? red(heading) : heading}`, ...group.flatMap(printEffect));
    }
  }
  return `${lines.join('\n')}\n`;
}

function printEffect({ object, what, next, file, changes }: FileEffect): string[] {
  const shown = changes.slice(0, most).map(({ path, before, after }) => {
    if (before === undefined) return `        ${path}: + ${compact(after)}`;
    return `        ${path}: ${after === undefined ? '- ' : ''}${compact(before)}${after === undefined ? '' : ` → ${compact(after)}`}`;
  });
  return [
    `    ${object} ${what}  ${dim(file)}`,
    ...shown,
    ...(changes.length > most ? [`        … and ${changes.length - most} more fields`] : []),
    ...(next === undefined ? [] : [`      ${next}`]),
  ];
}

/** A value in one line of at most 100 characters. */
export function compact(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
