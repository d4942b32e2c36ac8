import { stripVTControlCharacters } from 'node:util';

/** Lines of a table whose columns are as wide as their widest cell; colour codes have no width. */
export function table(header: string[], rows: string[][]): string[] {
  const lines = [header, ...rows];
  const width = (cell: string): number => stripVTControlCharacters(cell).length;
  const widths = header.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
  return lines.map((line) =>
    line
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
      .join('   ')
      .trimEnd(),
  );
}
