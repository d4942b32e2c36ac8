/** A position in a file, with its line. */
export interface Place {
  /** Counted from 1. */
  line: number;
  /** Counted from 1, in UTF-16 units as editors count. */
  column: number;
  underlined: Underlined;
}

/** A line of a file, or the part of a long line, with the marked range. */
export interface Underlined {
  /** Invisible characters are shown as U+FFFD, a tab as a blank, and `…` marks a cut. */
  text: string;
  /** Offset into `text`. */
  start: number;
  /** At least 1; characters of the next line do not count. */
  length: number;
}

/** The part of a long line that is shown, in UTF-16 units: before the mark, and in total. */
const window = { before: 40, all: 100 } as const;

/** Returns a function from offsets to places; it computes the line starts once. */
export function placesOf(text: string): (start: number, end: number) => Place {
  let starts: number[] | undefined;
  return (start, end) => {
    starts ??= lineStarts(text);
    const line = lineOf(starts, start);
    const from = starts[line - 1] ?? 0;
    const whole = text.slice(from, (starts[line] ?? text.length + 1) - 1).replace(/\r$/, '');
    const offset = start - from;
    const marked = whole.slice(offset, end - from).trimEnd();
    return { line, column: offset + 1, underlined: underline(whole, offset, Math.max(1, marked.length)) };
  };
}

/**
 * Characters that are invisible or change how others are shown: control characters other than tab and line
 * end, the byte order mark, direction marks, zero-width breaks. Joiners of emoji and letters are not
 * included.
 */
export const invisible = /(?![\t\n\r\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/u;

const unprintable = new RegExp(`${invisible.source}|[\\n\\r]`, 'gu');

/** The text with U+FFFD for each character that a terminal would hide or interpret, and a blank for a tab. */
export function visible(text: string): string {
  return text
    .replaceAll('\t', ' ')
    .replaceAll(unprintable, (hidden) => '\ufffd'.repeat(hidden.length))
    .toWellFormed();
}

function underline(line: string, start: number, length: number): Underlined {
  if (line.length <= window.all) return { text: visible(line), start, length };
  const from = Math.max(0, start - window.before);
  const to = Math.min(line.length, from + window.all);
  const [head, tail] = [from > 0 ? '…' : '', to < line.length ? '…' : ''];
  const shown = start - from + head.length;
  return {
    text: head + visible(line.slice(from, to)) + tail,
    start: shown,
    length: Math.min(length, head.length + to - from - shown + tail.length) || 1,
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

/** The number of the line that contains an offset. */
function lineOf(starts: number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
