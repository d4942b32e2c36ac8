import { styleText } from 'node:util';
import { table } from '../cli/table.ts';
import type { Verdict } from './check-result.ts';
import type { Result } from './run-checks.ts';

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<Verdict, string>;

/** The results for people: failures come last, each with its commands. */
export function printResults(results: Result[]): string {
  const rows = results.map(({ name, state, found }) => [styleText(colours[state], state), name, found]);
  const lines = table(['', '', ''], rows).slice(1);
  const wrong = results.filter(({ state }) => state !== 'ok');
  const mends = wrong.map(
    ({ name, state, mend = '' }) => `${styleText(colours[state], name)}\n${mend.replace(/^/gm, '  ')}`,
  );
  return [
    lines.join('\n'),
    ...(mends.length > 0 ? [styleText('bold', 'To correct it'), ...mends] : []),
    summary(results),
  ].join('\n\n');
}

function summary(results: Result[]): string {
  const count = (state: Verdict): number => results.filter((result) => result.state === state).length;
  if (count('fail') > 0) return styleText('red', `${count('fail')} of ${results.length} checks failed.`);
  const warnings = count('warn') === 0 ? '' : ` ${count('warn')} of ${results.length} checks warn.`;
  return `${styleText('green', 'This machine meets the requirements.')}${warnings} Next: npm run init-cluster`;
}
