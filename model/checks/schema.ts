import { z } from 'zod';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { otherWord } from '../diagnostics/other-words.ts';
import type { FieldPath, Source } from '../reading/source.ts';
import { diagnosticAt, fieldName } from '../reading/source.ts';
import { knownKeys } from '../schema/schema-keys.ts';
import { checkText } from './text.ts';

type Issue = z.core.$ZodIssue;

/** Maximum number of diagnostics shown per file: more usually have one cause. */
const most = 100;

/** Parameters of this repository's own schema rules, beside their message. */
const custom = z.object({
  fix: z.string().optional(),
  secret: z.boolean().optional(),
  what: z.string().optional(),
});

/**
 * Checks the value of a file against its schema; each zod issue becomes a diagnostic with a reason and a fix.
 */
export function checkSchema<S extends z.ZodType>(
  schema: S,
  source: Source,
): { value?: z.output<S>; diagnostics: Diagnostic[] } {
  const unwritable = checkText(source);
  if (unwritable.length > 0) return { diagnostics: unwritable.slice(0, most) };
  const result = schema.safeParse(source.value, { reportInput: true });
  if (result.success) return { value: result.data, diagnostics: [] };
  const found = result.error.issues
    .slice(0, most)
    .flatMap((issue) => diagnosticsOf(schema, source, issue, []));
  return { diagnostics: found.slice(0, most) };
}

function diagnosticsOf(schema: z.ZodType, source: Source, issue: Issue, above: FieldPath): Diagnostic[] {
  const path = [...above, ...issue.path.filter((part) => typeof part !== 'symbol')];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, most).map((key) => unknownKey(schema, source, path, key));
    case 'invalid_type':
      if (issue.input === undefined) return [missing(source, path, typeInWords(issue.expected))];
      return [diagnosticAt(source, path, wrongType(source, path, issue.expected, issue.input))];
    case 'invalid_value':
      return [choice(source, path, issue.values.map(String), issue.input)];
    case 'invalid_union':
      return diagnosticsOfUnion(schema, source, issue, path);
    case 'invalid_key':
      return [badKey(source, path, issue)];
    case 'too_small':
      return [outOfRange(source, path, issue, `at least ${issue.minimum}`)];
    case 'too_big':
      return [outOfRange(source, path, issue, `at most ${issue.maximum}`)];
    case 'custom':
      return [ownRule(source, path, issue)];
    default: {
      const words = {
        code: 'bad-value',
        what: `${fieldName(path)} is ${inWords(source, path, issue.input)}`,
        why: `expected ${issue.message}`,
        fix: `write ${issue.message}`,
      };
      return [diagnosticAt(source, path, words)];
    }
  }
}

function unknownKey(schema: z.ZodType, source: Source, path: FieldPath, key: string): Diagnostic {
  const known = knownKeys(schema, path, source.value);
  const words = {
    code: 'unknown-key',
    what: `unknown key '${key}'${path.length > 0 ? ` in ${fieldName(path)}` : ''}`,
    why: 'unknown keys are not allowed, because nothing would read them',
    fix: otherWord(source.file, path, key) ?? suggest(key, known, 'remove it'),
  };
  return diagnosticAt(source, [...path, key], words, 'key');
}

/** The diagnostics of the closest option of a union. */
function diagnosticsOfUnion(
  schema: z.ZodType,
  source: Source,
  issue: z.core.$ZodIssueInvalidUnion,
  path: FieldPath,
): Diagnostic[] {
  if (typeof issue.discriminator === 'string' && issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    const parent: unknown = issue.input;
    const given: unknown =
      typeof parent === 'object' && parent !== null ? Reflect.get(parent, issue.discriminator) : undefined;
    return [choice(source, path, options, given)];
  }
  const absent = kindsAbsent(issue.errors);
  if (absent !== undefined) {
    const parent = fieldName(path);
    const words = {
      code: 'missing-key',
      what: `${parent} has no key that tells its kind`,
      why: `expected ${absent.join(', or ')}`,
      fix: `add ${absent.join(', or ')} to ${parent}`,
    };
    return [diagnosticAt(source, path, words, 'key')];
  }
  const ofOtherType = (issues: readonly Issue[]): boolean =>
    issues.some(({ code, path: [first] }) => code === 'invalid_type' && first === undefined);
  const sameType = issue.errors.filter((issues) => !ofOtherType(issues));
  const candidates = sameType.length > 0 ? sameType : issue.errors;
  const closest = [...candidates].sort((a, b) => a.length - b.length)[0] ?? [];
  return closest.flatMap((inner) => diagnosticsOf(schema, source, inner, path));
}

function badKey(source: Source, path: FieldPath, issue: z.core.$ZodIssueInvalidKey): Diagnostic {
  const why = issue.issues.map((inner) => inner.message).join('; ');
  const words = {
    code: 'bad-name',
    what: `${JSON.stringify(path.at(-1) ?? '')} cannot be a key of ${fieldName(path.slice(0, -1))}`,
    why: `expected ${why}`,
    fix: 'write another name',
  };
  return diagnosticAt(source, path, words, 'key');
}

/** The diagnostic of a rule of this repository's own schemas. */
function ownRule(source: Source, path: FieldPath, issue: z.core.$ZodIssueCustom): Diagnostic {
  const name = fieldName(path);
  const { fix = `change ${name}`, secret = false, what: said } = custom.parse(issue.params ?? {});
  // A refused secret is not shown: many people read logs.
  const what = secret
    ? `${name} ${said ?? 'holds more than an address'}`
    : `${name} is ${inWords(source, path, issue.input)}`;
  const diagnostic = diagnosticAt(source, path, { code: 'bad-value', what, why: issue.message, fix });
  if (secret) delete diagnostic.underlined;
  return diagnostic;
}

/** The required keys of each kind of a union, if the value only lacks such keys; else undefined. */
function kindsAbsent(errors: readonly (readonly Issue[])[]): string[] | undefined {
  const isAbsent = (issue: Issue) =>
    issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0;
  const kinds = errors.filter((issues) => issues.length > 0 && issues.every(isAbsent));
  if (kinds.length < 2 || kinds.length < errors.length) return undefined;
  return kinds.map((issues) => issues.map(({ path }) => path.join('.')).join(' and '));
}

function missing(source: Source, path: FieldPath, expected: string): Diagnostic {
  const key = String(path.at(-1) ?? '');
  const parent = fieldName(path.slice(0, -1));
  const words = {
    code: 'missing-key',
    what: `the key '${key}' is missing in ${parent}`,
    why: `it has no default; expected ${expected}`,
    fix: `add ${key}: … to ${parent}`,
  };
  return diagnosticAt(source, path.slice(0, -1), words, 'key');
}

function outOfRange(source: Source, path: FieldPath, issue: Issue, bound: string): Diagnostic {
  const unit = Array.isArray(issue.input)
    ? ' in the list'
    : typeof issue.input === 'string'
      ? ' in letters'
      : '';
  const size = `${bound}${unit}`;
  // Messages of our schemas are used; zod's own begin with 'Too' and are replaced.
  const expected = issue.message.startsWith('Too ') ? size : issue.message;
  const words = {
    code: 'out-of-range',
    what: `${fieldName(path)} is ${inWords(source, path, issue.input)}`,
    why: `expected ${expected}`,
    fix: `write ${expected}`,
  };
  return diagnosticAt(source, path, words);
}

function choice(source: Source, path: FieldPath, options: string[], given: unknown): Diagnostic {
  const list = options.map((option) => `'${option}'`).join(' or ');
  if (given === undefined) return missing(source, path, list);
  const words = {
    code: 'bad-value',
    what: `${fieldName(path)} is ${inWords(source, path, given)}`,
    why: `expected ${list}`,
    fix: suggest(String(given), options, 'remove it'),
  };
  return diagnosticAt(source, path, words);
}

function wrongType(source: Source, path: FieldPath, expected: string, input: unknown): Words {
  const key = path.at(-1);
  const prefix = typeof key === 'string' ? `${key}: ` : '';
  const plain = plainText(source, path, input);
  let fix = `write ${typeInWords(expected)}`;
  if (expected === 'string' && plain !== undefined) {
    fix = `put it in quotes: ${prefix}'${plain}'`;
  } else if (input === null && prefix !== '') {
    fix = `write ${typeInWords(expected)} after ${prefix.trim()}`;
  } else if (
    expected === 'array' &&
    typeof input === 'string' &&
    /^[\w./:=@-]+( [\w./:=@-]+)*$/.test(input)
  ) {
    fix = `write a list: ${prefix}[${input
      .split(' ')
      .map((word) => `'${word}'`)
      .join(', ')}]`;
  } else if (expected === 'number' && typeof input === 'string' && /^(0|[1-9]\d*)$/.test(input)) {
    fix = `write it without quotes: ${prefix}${input}`;
  }
  return {
    code: 'wrong-type',
    what: `${fieldName(path)} is ${inWords(source, path, input)}`,
    why: `expected ${typeInWords(expected)}`,
    fix,
  };
}

function typeInWords(type: string): string {
  const words: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys',
    record: 'a map of keys',
  };
  return words[type] ?? type;
}

/** A number, a boolean or null as written in the file; undefined for any other value. */
function plainText(source: Source, path: FieldPath, value: unknown): string | undefined {
  if (value === null) return source.written(path);
  if (typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  return source.written(path) ?? String(value);
}

function inWords(source: Source, path: FieldPath, value: unknown): string {
  const plain = plainText(source, path, value);
  if (plain !== undefined)
    return value === null ? `${plain}, which is nothing` : `the ${typeof value} ${plain}`;
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map of keys';
  if (typeof value === 'string') return `the text ${shorten(JSON.stringify(value))}`;
  return `the ${typeof value} ${String(value)}`;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}
