import { styleText } from 'node:util';
import { type LogLine, printLine } from './log-line.ts';
import { lengthOf, milliseconds, type Span, type Trace } from './trace.ts';

/** How many columns the bar of the whole trace has. */
const barWidth = 40;

/** Deeper spans are indented no further, or a chain of 50,000 would fill the memory with blanks. */
const deepest = 20;

/** Widest column of names; a longer one pushes its own bar to the right. */
const widest = 80;

/** A trace as a tree: each span with its place in time, and below it the log lines that it wrote. */
export function printTrace(trace: Trace, lines: readonly LogLine[]): string {
  const { spans } = trace;
  const known = new Set(spans.map(({ id }) => id));
  const children = Map.groupBy(spans, ({ parent }) =>
    parent !== undefined && known.has(parent) ? parent : '',
  );
  const linesOf = Map.groupBy(lines, ({ span = '' }) => (known.has(span) ? span : ''));
  const begin = Math.min(...spans.map(({ start }) => start));
  const whole = Math.max(1, lengthOf(trace));
  const rows: { label: string; span?: Span; line?: string }[] = [];
  // By a list of what is to do: a trace of 50,000 spans may be as deep.
  const waiting = (children.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next;
    const indent = '  '.repeat(Math.min(depth, deepest));
    rows.push({ label: `${indent}${span.service} ${span.name}`, span });
    for (const line of linesOf.get(span.id) ?? [])
      rows.push({ label: '', line: `${indent}    ${printLine(line).replaceAll('\n', `\n${indent}    `)}` });
    for (const child of (children.get(span.id) ?? []).toReversed())
      waiting.push({ span: child, depth: depth + 1 });
  }
  const width = rows.reduce((most, { label }) => Math.min(widest, Math.max(most, label.length)), 0);
  const printed = rows.map(({ label, span, line }) => {
    if (span === undefined) return line ?? '';
    const text = `${label.padEnd(width)}  ${milliseconds(span.duration).padStart(9)}  ${bar(span, begin, whole)}`;
    return span.failed ? styleText('red', `${text} failed`) : text;
  });
  const services = new Set(spans.map(({ service }) => service)).size;
  const head = `${trace.id}: ${milliseconds(whole)}, ${spans.length} spans of ${services} services, ${lines.length} log lines, ${new Date(begin / 1_000).toISOString()}`;
  const loose = (linesOf.get('') ?? []).map(printLine);
  return [
    head,
    '',
    ...printed.map((line) => line.trimEnd()),
    ...(loose.length === 0 ? [] : ['', 'Lines of spans that were not kept:', ...loose]),
  ].join('\n');
}

function bar({ start, duration }: Span, begin: number, whole: number): string {
  const from = Math.floor(((start - begin) / whole) * barWidth);
  const length = Math.max(1, Math.round((duration / whole) * barWidth));
  return `${' '.repeat(Math.min(from, barWidth - 1))}${'▇'.repeat(Math.min(length, barWidth - Math.min(from, barWidth - 1)))}`;
}
