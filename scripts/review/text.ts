import { stripVTControlCharacters } from 'node:util';
import type { Diff } from '../diff/diff.ts';
import { headings, printDiff } from '../diff/print-diff.ts';

/** In characters; GitHub takes 65,536 for a comment (REST API, 'Create an issue comment'). */
const longest = 60_000;

/** The effects of a change as Markdown: a table of counts, and below it the text of `npm run diff`, folded. */
export function reviewText(found: Diff, commit: string): string {
  const changed = found.environments.filter(({ effects }) => effects.length > 0);
  const heading = `**Effects of ${commit.slice(0, 12)}**`;
  if (changed.length === 0 && found.diagnostics.length === 0) return `${heading}: none in any environment.\n`;
  const rows = changed.map(({ environment, effects }) => {
    const counts = [...Map.groupBy(effects, ({ gravity }) => gravity)].map(
      ([gravity, group]) => `${headings[gravity]}: ${group.length}`,
    );
    return `| ${environment} | ${counts.join(', ')} |\n`;
  });
  const diagnostics =
    found.diagnostics.length === 0
      ? ''
      : `\n**${found.diagnostics.length} of these changes cannot be made by a running cluster.**\n`;
  const table = rows.length === 0 ? '' : `\n| environment | effects |\n| --- | --- |\n${rows.join('')}`;
  return `${heading}\n${diagnostics}${table}\n<details><summary>All of them</summary>\n\n${fenced(printDiff(found))}\n</details>\n`;
}

/** A block of code in Markdown whose fence is longer than any in the text. */
export function fenced(text: string): string {
  const plain = stripVTControlCharacters(text);
  const shown =
    plain.length <= longest ? plain : `${plain.slice(0, longest)}\n… cut off: npm run diff shows the rest\n`;
  const fence = '`'.repeat(Math.max(3, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${fence}\n${shown}${fence}\n`;
}
