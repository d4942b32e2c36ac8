import { styleText } from 'node:util';
import { type LogLine, printLine } from './log-line.ts';
import { lengthOf, milliseconds, type Span, type Trace } from './span.ts';

/** Columns of the bar for the whole trace. */
const barWidth = 40;

/** Maximum indentation: a chain of 50,000 spans would fill the memory with blanks. */
const deepest = 20;

/** Maximum width of the name column; a longer name moves its bar to the right. */
const widest = 80;

/** A span of a trace with its depth below the first one, and the log lines that it wrote. */
export interface TreeRow {
  span: Span;
  depth: number;
  lines: readonly LogLine[];
}

/** The spans of a trace, each after its parent, and the lines of spans that the store does not have. No line repeats the trace. */
export function treeOf({ spans }: Trace, said: readonly LogLine[]): { rows: TreeRow[]; loose: LogLine[] } {
  const lines = said.map(({ trace: _, ...line }) => line);
  const known = new Set(spans.map(({ id }) => id));
  const children = Map.groupBy(spans, ({ parent }) =>
    parent !== undefined && known.has(parent) ? parent : '',
  );
  const linesOf = Map.groupBy(lines, ({ span = '' }) => (known.has(span) ? span : ''));
  const rows: TreeRow[] = [];
  // An explicit stack instead of recursion: a trace can be 50,000 spans deep.
  const waiting = (children.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next;
    rows.push({ span, depth: Math.min(depth, deepest), lines: linesOf.get(span.id) ?? [] });
    for (const child of (children.get(span.id) ?? []).toReversed()) {
      waiting.push({ span: child, depth: depth + 1 });
    }
  }
  return { rows, loose: linesOf.get('') ?? [] };
}

/** Start of a trace in microseconds since 1970, and its duration, which is never 0. */
export function extentOf(trace: Trace): { begin: number; whole: number } {
  const begin = trace.spans.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
  return { begin, whole: Math.max(1, lengthOf(trace)) };
}

/** A trace in one line: its length, spans, services and log lines. */
export function summaryOf(trace: Trace, lines: readonly LogLine[]): string {
  const { begin, whole } = extentOf(trace);
  const services = new Set(trace.spans.map(({ service }) => service)).size;
  return `${milliseconds(whole)}, ${trace.spans.length} spans of ${services} services, ${lines.length} log lines, ${new Date(begin / 1_000).toISOString()}`;
}

/** A trace as a tree: each span with a bar for its time, and its log lines below it. */
export function printTrace(trace: Trace, lines: readonly LogLine[]): string {
  const { rows, loose } = treeOf(trace, lines);
  const { begin, whole } = extentOf(trace);
  const label = ({ span, depth }: TreeRow) => `${'  '.repeat(depth)}${span.service} ${span.name}`;
  const width = rows.reduce((most, row) => Math.min(widest, Math.max(most, label(row).length)), 0);
  const printed = rows.flatMap((row) => {
    const { span, depth } = row;
    const time = milliseconds(span.duration).padStart(9);
    const text = `${label(row).padEnd(width)}  ${time}  ${bar(span, begin, whole)}`.trimEnd();
    const indent = '  '.repeat(depth + 2);
    return [
      span.failed ? styleText('red', `${text} failed`) : text,
      ...row.lines.map((line) => `${indent}${printLine(line).replaceAll('\n', `\n${indent}`)}`),
    ];
  });
  return [
    `${trace.id}: ${summaryOf(trace, lines)}`,
    '',
    ...printed,
    ...(loose.length === 0 ? [] : ['', 'Lines of spans that were not kept:', ...loose.map(printLine)]),
  ].join('\n');
}

function bar({ start, duration }: Span, begin: number, whole: number): string {
  const from = Math.floor(((start - begin) / whole) * barWidth);
  const length = Math.max(1, Math.round((duration / whole) * barWidth));
  return `${' '.repeat(Math.min(from, barWidth - 1))}${'▇'.repeat(Math.min(length, barWidth - Math.min(from, barWidth - 1)))}`;
}
