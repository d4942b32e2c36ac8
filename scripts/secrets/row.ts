import { styleText } from 'node:util';
import type { Login } from '../../model/schema/external.ts';

/** One key in the list. */
export interface SecretRow {
  environment: string;
  app: string;
  secret: string;
  key: string;
  /** Absent if it is unused. */
  as?: Login['as'];
  state: 'set' | 'missing' | 'unused';
}

export function printRows(rows: readonly SecretRow[]): string {
  const cells = [
    ['APP', 'SECRET', 'KEY', 'AS', 'STATE'],
    ...rows.map(({ app, secret, key, as = '', state }) => [app, secret, key, as, state]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row, i) => {
      const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
      if (i === 0) return styleText('dim', line);
      return row[4] === 'set' ? line : styleText('red', line);
    })
    .join('\n');
}
