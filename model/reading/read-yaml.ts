import type { Document, Pair, YAMLError, YAMLMap } from 'yaml';
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { type Place, placesOf } from './place.ts';
import type { FieldPath, ReadSource, Source } from './source.ts';

type Refuse = (start: number, end: number, words: Words) => Diagnostic;

/** Maximum depth of brackets and indentation together; descriptions need six. */
const deepest = 32;

/** Parses YAML 1.2; `file` is the path in diagnostics. */
export function readYaml(text: string, file: string): ReadSource {
  const place = placesOf(text);
  const refuse: Refuse = (start, end, words) => ({ file, ...place(start, end), ...words });
  // The library compares every key with every other one; findFaults() is faster.
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  if (document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) {
    const at = deepBracket(text);
    return { diagnostics: [refuse(at, at + 1, tooDeep)] };
  }
  // Only the first syntax error counts: it causes the later ones.
  const syntax = document.errors.sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (syntax !== undefined) return { diagnostics: [refuse(...spotOf(syntax, text), explain(syntax))] };
  // The library only warns of an unknown tag.
  const [warning] = document.warnings;
  if (warning !== undefined) return { diagnostics: [refuse(...warning.pos, explain(warning))] };
  const diagnostics = findFaults(document, refuse);
  if (diagnostics.length > 0) return { diagnostics };
  try {
    const value: unknown = document.toJS();
    return { source: { file, value, ...fieldsOf(document, text, place) }, diagnostics };
  } catch (error) {
    const words = {
      code: 'yaml-aliases',
      what: 'the aliases cannot be resolved',
      why: error instanceof Error ? error.message : String(error),
      fix: 'write the values in full instead of using * and &',
    };
    return { diagnostics: [refuse(...rangeOf(firstAlias(document)), words)] };
  }
}

const tooDeep: Words = {
  code: 'too-deep',
  what: `more than ${deepest} levels of nesting`,
  why: 'no description needs them, and programs could run out of memory',
  fix: 'remove brackets or indentation',
};

/**
 * For an unclosed quote the parser reports the end of the file; the place of the last quote is more useful.
 */
function spotOf(error: YAMLError, text: string): [start: number, end: number] {
  const quote = /^Missing closing (["'])/.exec(error.message)?.[1];
  if (quote === undefined) return error.pos;
  return [text.lastIndexOf(quote), text.length];
}

function explain(error: YAMLError): Words {
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return {
      code: 'yaml-tag',
      what: 'a YAML tag is not allowed',
      why: 'a description is plain data, and tags have no meaning in it',
      fix: 'remove the word that begins with !',
    };
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      code: 'second-document',
      what: 'a second YAML document starts here',
      why: 'only the first document of a file would be read',
      fix: 'remove the line ---, or move the second document into its own file',
    };
  }
  return {
    code: 'yaml-syntax',
    what: 'the file is not valid YAML',
    why: error.message,
    fix: 'correct the line; indent with spaces, and quote a value that contains : or #',
  };
}

/** Faults that the library accepts: duplicate keys, keys with a meaning in JavaScript, and depth. */
function findFaults(document: Document.Parsed, refuse: Refuse): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  visit(document, (_, node, path) => {
    // A pair is between a map and its entries.
    if (path.filter((above) => !isPair(above)).length > deepest) {
      diagnostics.splice(0, Infinity, refuse(...rangeOf(node), tooDeep));
      return visit.BREAK;
    }
    if (!isMap(node)) return undefined;
    const seen = new Set<string>();
    for (const { key } of node.items) {
      const name = keyOf(key);
      const words = name === undefined ? notAName : seen.has(name) ? twice(name) : forbidden(name);
      if (words !== undefined) diagnostics.push(refuse(...rangeOf(key), words));
      if (name !== undefined) seen.add(name);
    }
    return undefined;
  });
  return diagnostics;
}

const notAName: Words = {
  code: 'bad-key',
  what: 'a key is not a text',
  why: 'keys of a description are names',
  fix: 'write a name before the colon, without brackets',
};

function twice(name: string): Words {
  return {
    code: 'duplicate-key',
    what: `the key '${name}' is written twice`,
    why: 'only one of the two would be used',
    fix: 'remove one of them',
  };
}

function forbidden(name: string): Words | undefined {
  if (name !== '__proto__') return undefined;
  return {
    code: 'bad-key',
    what: "the key '__proto__' is not allowed",
    why: 'JavaScript uses this name itself and would hide the value',
    fix: 'write another name',
  };
}

function keyOf(key: unknown): string | undefined {
  // The value of a tag, such as binary data, is an object.
  if (!isScalar(key) || (typeof key.value === 'object' && key.value !== null)) return undefined;
  return String(key.value);
}

/** The places of a document's fields and their written form. The keys of a map are indexed once. */
function fieldsOf(
  document: Document.Parsed,
  text: string,
  place: (start: number, end: number) => Place,
): Pick<Source, 'place' | 'written'> {
  const indexes = new Map<YAMLMap, Map<string, Pair>>();
  const member = (map: YAMLMap, name: string): Pair | undefined => {
    let index = indexes.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((pair) => [keyOf(pair.key) ?? '', pair]));
      indexes.set(map, index);
    }
    return index.get(name);
  };
  const resolved = (value: unknown): unknown => (isAlias(value) ? value.resolve(document) : value);
  const inside = (value: unknown, step: string | number): unknown => {
    const node = resolved(value);
    if (isMap(node)) return member(node, String(step));
    return isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
  };
  const placed = (path: FieldPath, part: 'key' | 'value'): Place => {
    let key: unknown = document.contents;
    let value: unknown = key;
    for (const step of path) {
      const next = inside(value, step);
      if (next === undefined) break;
      [key, value] = isPair(next) ? [next.key, next.value ?? next.key] : [next, next];
      // An empty value has no place of its own.
      if (isNode(value) && value.range?.[0] === value.range?.[1]) value = isPair(next) ? next.key : next;
    }
    return place(...rangeOf(part === 'key' ? key : value));
  };
  const written = (path: FieldPath): string | undefined => {
    let value: unknown = document.contents;
    for (const step of path) {
      const next = inside(value, step);
      value = isPair(next) ? next.value : next;
    }
    const node = resolved(value);
    if (!isScalar(node) || typeof node.value === 'string') return undefined;
    return text.slice(...rangeOf(node)) || undefined;
  };
  return { place: placed, written };
}

function rangeOf(node: unknown): [start: number, end: number] {
  const range = isNode(node) ? node.range : undefined;
  return [range?.[0] ?? 0, range?.[1] ?? 0];
}

function firstAlias(document: Document.Parsed): unknown {
  let found: unknown;
  visit(document, {
    Alias(_, node) {
      found = node;
      return visit.BREAK;
    },
  });
  return found;
}

/** The offset of the first opening bracket or nested dash that exceeds the maximum depth. */
function deepBracket(text: string): number {
  let depth = 0;
  for (const { index, 0: token } of text.matchAll(/[[{]|[\]}]|[-?] (?=[-?] )|\n/g)) {
    if (token === ']' || token === '}') depth--;
    else if (token !== '\n') depth++;
    if (depth > deepest) return index;
  }
  return 0;
}
