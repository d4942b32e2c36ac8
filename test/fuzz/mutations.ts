import fc from 'fast-check';

/** What breaks parsers, or looks like what belongs into a description and is none. */
const fragments = [
  ...[
    '[',
    ']',
    '{',
    '}',
    ':',
    ': ',
    '- ',
    '? ',
    ',',
    '#',
    '|',
    '>',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '\t',
    '\r',
    '\n',
  ],
  ...[
    '"',
    "'",
    '`',
    '\\',
    '/*',
    '*/',
    '//',
    '&a ',
    '*a',
    '<<: *a\n',
    '!!binary ',
    '!!js/function ',
    '&a [*a]',
  ],
  ...['\0', '\u001b[31m', '\ufeff', '\u202e', '\u2028', 'é', '開', '👩‍👩‍👧', '\ud800'],
  ...[
    'null',
    '~',
    'true',
    'no',
    '.nan',
    '.inf',
    '-0',
    '1e999',
    '0x7f',
    '0o17',
    '1_000',
    '2026-01-01',
    '99999999999999999999',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'prototype: {}\n',
    '../../etc',
    '$(reboot)',
    "'; reboot #",
    '-rf',
    '{{ x }}',
  ],
  ...[
    '128Mi',
    '1GB',
    '7d',
    '0s',
    'v1.99.0',
    'latest',
    'name',
    'apps:\n',
    '  shop:\n',
    'replicas: 101\n',
    'uses: ',
  ],
  ...['<<<<<<< HEAD\n', '['.repeat(40), '- '.repeat(40), ' '.repeat(200), 'x'.repeat(300)],
] as const;

/** A change of a text; places are fractions of its length, so that it holds for any text. */
type Mutation = (text: string) => string;

const place = fc.double({ min: 0, max: 1, noNaN: true });
const offset = (text: string, at: number) => Math.floor(at * text.length);

const insertion = fc
  .tuple(place, fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: 'binary', maxLength: 8 })))
  .map(
    ([at, what]): Mutation =>
      (text) =>
        text.slice(0, offset(text, at)) + what + text.slice(offset(text, at)),
  );

const deletion = fc.tuple(place, fc.integer({ min: 1, max: 30 })).map(
  ([at, length]): Mutation =>
    (text) =>
      text.slice(0, offset(text, at)) + text.slice(offset(text, at) + length),
);

const replacement = fc.tuple(insertion, deletion).map(
  ([insert, remove]): Mutation =>
    (text) =>
      insert(remove(text)),
);

const truncation = place.map(
  (at): Mutation =>
    (text) =>
      text.slice(0, offset(text, at)),
);

/** One value for another: what stays well-formed gets far. */
const value = fc.tuple(place, fc.constantFrom(...fragments)).map(
  ([at, what]): Mutation =>
    (text) => {
      const from = text.indexOf(': ', offset(text, at));
      return from === -1
        ? text
        : text.slice(0, from + 2) + text.slice(from + 2).replace(/[^\n,}]*/, () => what);
    },
);

const line = (change: (lines: string[], i: number, j: number) => string[]) =>
  fc.tuple(place, place).map(
    ([a, b]): Mutation =>
      (text) => {
        const lines = text.split('\n');
        return change(lines, Math.floor(a * (lines.length - 1)), Math.floor(b * (lines.length - 1))).join(
          '\n',
        );
      },
  );

const lineMutations = [
  // Copied, moved, taken out, indented, repeated.
  line((lines, i, j) => lines.toSpliced(j, 0, lines[i] ?? '')),
  line((lines, i, j) => lines.toSpliced(i, 1).toSpliced(j, 0, lines[i] ?? '')),
  line((lines, i) => lines.toSpliced(i, 1)),
  line((lines, i) => lines.with(i, `  ${lines[i]}`)),
  line((lines, i) => lines.toSpliced(i, 0, ...Array.from({ length: 200 }, () => lines[i] ?? ''))),
];

/** One to four changes, one after the other. */
export const mutation: fc.Arbitrary<Mutation> = fc
  .array(fc.oneof(insertion, deletion, replacement, value, value, truncation, ...lineMutations), {
    minLength: 1,
    maxLength: 4,
  })
  .map(
    (changes): Mutation =>
      (text) =>
        changes.reduce((changed, change) => change(changed), text),
  );

/** Changes of single bytes, after which a text may be none. */
export const byteMutation = fc
  .array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 3 })
  .map((changes) => (bytes: Buffer) => {
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[Math.floor(at * (bytes.length - 1))] = byte;
    return bytes;
  });

/** A change of data, such as an app.ts exports: one value in it becomes another one, or a key is added. */
export const dataMutation = fc
  .tuple(
    fc.array(fc.nat(), { maxLength: 4 }),
    fc.oneof(fc.constantFrom(...fragments), fc.anything()),
    fc.boolean(),
  )
  .map(([path, what, add]) => (data: unknown): unknown => {
    const steps = [...path];
    const change = (at: unknown): unknown => {
      if (typeof at !== 'object' || at === null || steps.length === 0) return what;
      const keys = Object.keys(at);
      const key = add && steps.length === 1 ? 'extra' : keys[(steps.shift() ?? 0) % Math.max(1, keys.length)];
      if (key === undefined) return what;
      if (key === 'extra') return { ...at, extra: what };
      const changed = change(Reflect.get(at, key));
      return Array.isArray(at) ? at.with(Number(key), changed) : { ...at, [key]: changed };
    };
    return change(data);
  });
