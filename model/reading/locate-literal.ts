import type { FieldPath } from './source.ts';

/** Offsets of a field's key and of its value. */
export interface Spot {
  key: number;
  value: number;
}

/**
 * The place of a field in the object literal that a TypeScript file exports by default (`export default {…}`,
 * `export default define({…})`, or a constant of that form).
 * A simple scanner for strings, comments and brackets, not a parser. A spread, a call or a variable ends the
 * search at the last field found; if none was found, at the start of the file.
 */
export function locateLiteral(text: string, path: FieldPath): Spot {
  let at = exported(text);
  if (at === undefined) return { key: 0, value: 0 };
  let spot: Spot = { key: at, value: at };
  for (const step of path) {
    const next: Spot | undefined =
      typeof step === 'number' ? item(text, spot.value, step) : member(text, spot.value, step);
    if (next === undefined) break;
    at = next.value;
    spot = next;
  }
  return spot;
}

/**
 * The number, boolean or `null` at exactly this path, as written in the file; undefined for any other value.
 */
export function writtenLiteral(text: string, path: FieldPath): string | undefined {
  let at = exported(text);
  for (const step of path) {
    if (at === undefined) return undefined;
    const next: Spot | undefined = typeof step === 'number' ? item(text, at, step) : member(text, at, step);
    at = next?.value;
  }
  const literal = /(?:[-+]?(?:\d[\w.]*(?:(?<=[eE])[-+]\d+)?|\.\d\w*)|true|false|null)(?![\w$.])/y;
  if (at === undefined) return undefined;
  literal.lastIndex = at;
  const [word] = literal.exec(text) ?? [];
  // A value that continues is an expression.
  return word !== undefined && /[,}\])]/.test(text[blank(text, literal.lastIndex)] ?? '') ? word : undefined;
}

/** The offset of the opening bracket of the exported literal. */
function exported(text: string): number | undefined {
  const start = /^export\s+default\s+/m.exec(text);
  if (start === null) return undefined;
  const at = start.index + start[0].length;
  const name = /^([\w$]+)\s*;?\s*$/m.exec(text.slice(at, text.indexOf('\n', at) + 1 || undefined))?.[1];
  if (name === undefined) return intoCall(text, at);
  const constant = new RegExp(
    `^(?:export\\s+)?const\\s+${name.replaceAll('$', '\\$')}\\b[^=]*=\\s*`,
    'm',
  ).exec(text);
  return constant === null ? at : intoCall(text, constant.index + constant[0].length);
}

function intoCall(text: string, at: number): number {
  const call = /[\w$.]+\s*\(/y;
  call.lastIndex = at;
  return call.test(text) ? blank(text, call.lastIndex) : at;
}

/** The member `name` of the object literal at `at`. */
function member(text: string, at: number, name: string): Spot | undefined {
  if (text[at] !== '{') return undefined;
  let i = blank(text, at + 1);
  while (i < text.length && !'}])'.includes(text[i] ?? '')) {
    const key = /(['"])(.*?)\1|[\w$]+/y;
    key.lastIndex = i;
    const found = key.exec(text);
    let value = i;
    if (found !== null) {
      const colon = blank(text, key.lastIndex);
      if (text[colon] === ':') value = blank(text, colon + 1);
      if ((found[2] ?? found[0]) === name) return { key: i, value };
    }
    i = comma(text, value);
  }
  return undefined;
}

/** The item `index` of the array literal at `at`. */
function item(text: string, at: number, index: number): Spot | undefined {
  if (text[at] !== '[') return undefined;
  let i = blank(text, at + 1);
  for (let n = 0; n < index && i < text.length && text[i] !== ']'; n++) i = comma(text, i);
  return i < text.length && text[i] !== ']' ? { key: i, value: i } : undefined;
}

/** The offset after the value at `at` and its comma, or of the bracket that closes the enclosing literal. */
function comma(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; ) {
    const past = blank(text, i);
    if (past > i) {
      i = past;
      continue;
    }
    const char = text[i] ?? '';
    if (char === "'" || char === '"' || char === '`') {
      i = closing(text, i);
      continue;
    }
    if (depth === 0 && char === ',') return blank(text, i + 1);
    if ('{[('.includes(char)) depth++;
    if ('}])'.includes(char) && depth-- === 0) return i;
    i++;
  }
  return text.length;
}

/** The offset after the string that starts at `at`. */
function closing(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[at]) return i + 1;
  }
  return text.length;
}

/** The offset after the key or simple value that starts at `at`: a word, a string or a bracketed value. */
export function literalEnd(text: string, at: number): number {
  const char = text[at] ?? '';
  if (char === "'" || char === '"' || char === '`') return closing(text, at);
  if ('{[('.includes(char)) return bracketEnd(text, at);
  const word = /[^\s,:;(){}[\]]+/y;
  word.lastIndex = at;
  return word.test(text) ? word.lastIndex : at + 1;
}

/** The offset after the bracket that closes the one at `at`. */
function bracketEnd(text: string, at: number): number {
  const inner = blank(text, at + 1);
  let i = inner;
  while (i < text.length && !'}])'.includes(text[i] ?? '')) i = comma(text, i);
  return i + 1;
}

/** The offset after white space and comments. */
function blank(text: string, at: number): number {
  const skip = /(?:\s+|\/\/.*|\/\*[\s\S]*?\*\/)*/y;
  skip.lastIndex = at;
  skip.test(text);
  return skip.lastIndex;
}
