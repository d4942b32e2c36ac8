/**
 * Writes data as YAML: keys in the usual order of Kubernetes manifests, quotes only where needed, multi-line
 * text as a block. The same data always gives the same bytes.
 * Every parser of YAML 1.1 or 1.2 reads the same data back: a text that looks like a number, date or boolean
 * to either is quoted. Only JSON data is written; `undefined` is left out, as in JSON.
 */
export function toYaml(value: unknown): string {
  const lines: string[] = [];
  const keys = keysOf(value);
  if (keys !== undefined && isMap(value)) writeMap(lines, value, keys, '', '');
  else if (Array.isArray(value) && value.length > 0) writeList(lines, value, '', '');
  else lines.push(scalar(value, ''));
  lines.push('');
  return lines.join('\n');
}

/** Keys that come first, in this order, at every level; others follow by code unit. */
const first = new Map(
  ['apiVersion', 'apiGroup', 'kind', 'metadata', 'name', 'namespace', 'labels', 'annotations', 'image'].map(
    (key, i) => [key, i],
  ),
);

/** Each entry on its own line; `head` replaces the indent of the first one, for `- key: value`. */
function writeMap(
  lines: string[],
  map: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  indent: string,
  head: string,
): void {
  const below = `${indent}  `;
  let start = head === '' ? indent : head;
  for (const key of keys) {
    const value = map[key];
    const inner = keysOf(value);
    if (inner !== undefined && isMap(value)) {
      lines.push(`${start}${text(key)}:`);
      writeMap(lines, value, inner, below, '');
    } else if (Array.isArray(value) && value.length > 0) {
      lines.push(`${start}${text(key)}:`);
      writeList(lines, value, below, '');
    } else lines.push(`${start}${text(key)}: ${scalar(value, indent)}`);
    start = indent;
  }
}

function writeList(lines: string[], list: readonly unknown[], indent: string, head: string): void {
  const below = `${indent}  `;
  let start = head === '' ? indent : head;
  for (const item of list) {
    const value = item === undefined ? null : item;
    const inner = keysOf(value);
    if (inner !== undefined && isMap(value)) writeMap(lines, value, inner, below, `${start}- `);
    else if (Array.isArray(value) && value.length > 0) writeList(lines, value, below, `${start}- `);
    else lines.push(`${start}- ${scalar(value, indent)}`);
    start = indent;
  }
}

/** A scalar value; `indent` is that of the line on which it starts. */
function scalar(value: unknown, indent: string): string {
  switch (typeof value) {
    case 'string':
      return value.includes('\n') ? (block(value, `${indent}  `) ?? text(value)) : text(value);
    case 'number':
      return number(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return '[]';
      if (isMap(value)) return '{}';
  }
  throw new Error(`${typeof value} ${String(value)} cannot be written as YAML`);
}

function number(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} cannot be written as YAML`);
  const digits = Object.is(value, -0) ? '0' : String(value);
  // YAML 1.1 takes an exponent only after a dot.
  return digits.includes('e') && !digits.includes('.') ? digits.replace('e', '.0e') : digits;
}

/** Texts that need no quotes: no indicator at the start, nothing inside that ends a plain scalar. */
const plain =
  /^[A-Za-z0-9_./\\$(+-](?:[A-Za-z0-9_./\\$()+,;@%^=*!?&<>'"[\]{}|~-]|:(?=[^\s])|[^\S\n\r\t](?=[^\s#]))*$/;

/** Texts that some parser reads as a number, a date, a time or infinity. */
const numeric = /^[-+]?(?:\.?[0-9][0-9a-fA-FxXoO_.:,eEtTzZ +-]*|\.(?:inf|nan)|inf|nan)$/i;

/** Texts that some parser reads as a boolean or null. */
const reserved = /^(?:y|n|yes|no|on|off|true|false|null|~|)$/i;

/** Cache of short texts in written form, because keys repeat often. */
const written = new Map<string, string>();
const remembered = { length: 64, texts: 20_000 } as const;

function text(value: string): string {
  if (value.length > remembered.length) return quoted(value);
  let known = written.get(value);
  if (known === undefined) {
    known = quoted(value);
    if (written.size === remembered.texts) written.clear();
    written.set(value, known);
  }
  return known;
}

function quoted(value: string): string {
  if (
    plain.test(value) &&
    !numeric.test(value) &&
    !reserved.test(value) &&
    !value.endsWith(':') &&
    !/^(?:-(?:$| )|---|\.\.\.)/.test(value)
  ) {
    return value;
  }
  if (printable.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return JSON.stringify(value).replace(unprintable, escaped);
}

/** Texts without line breaks that are printable in YAML 1.1 and 1.2. */
const printable =
  /^[\x20-\x7e\xa0-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\uffef\u{10000}-\u{1fffd}]*$/u;

/** Characters that JSON.stringify does not escape and YAML forbids or treats as line breaks. */
const unprintable = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A multi-line text as a literal block; undefined if a block would not keep it exactly. */
function block(value: string, indent: string): string | undefined {
  const body = value.replace(/\n+$/, '');
  if (body === '') return undefined;
  const lines = body.split('\n');
  const faithful =
    lines.every((line) => line === '' || (printableLine.test(line) && /[^ \t]/.test(line))) &&
    !/^[ \t]/.test(lines.find((line) => line !== '') ?? '');
  if (!faithful) return undefined;
  const tail = value.length - body.length;
  const chomp = tail === 0 ? '-' : tail === 1 ? '' : '+';
  const written = lines.map((line) => (line === '' ? '' : indent + line)).join('\n');
  return `|${chomp}\n${written}${'\n'.repeat(Math.max(0, tail - 1))}`;
}

/** `printable`, with tabs. */
const printableLine = new RegExp(printable.source.replace('[\\x20', '[\\t\\x20'), 'u');

function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The keys of a non-empty map, in written order; undefined for other values. */
function keysOf(value: unknown): string[] | undefined {
  if (!isMap(value)) return undefined;
  const keys: string[] = [];
  for (const key of Object.keys(value)) if (value[key] !== undefined) keys.push(key);
  if (keys.length > 1) keys.sort(compareKeys);
  return keys.length === 0 ? undefined : keys;
}

function compareKeys(a: string, b: string): number {
  const byRank = (first.get(a) ?? first.size) - (first.get(b) ?? first.size);
  return byRank || (a < b ? -1 : a > b ? 1 : 0);
}
