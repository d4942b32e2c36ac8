import type { Problem } from './problem.ts';

/** From the top of a file to one field: keys and indexes. */
export type FieldPath = readonly (string | number)[];

/** A file that a person wrote, as data that remembers where each field stands. */
export interface Source {
  /** Path from the repository's root, with `/`. */
  file: string;
  /** Not yet checked against a schema. */
  value: unknown;
  /** Where the field's key or its value starts; where it is not written, the nearest thing around it. */
  position(path: FieldPath, part: 'key' | 'value'): Position;
}

/** Both counted from 1. */
export interface Position {
  line: number;
  column: number;
}

/** A file and what it says, checked against its schema. */
export interface Loaded<T> {
  /** From the folder or the file name: `dev`, `orders`, `traefik`. */
  name: string;
  source: Source;
  value: T;
}

/** A problem at the value of a field; `part` says 'key' where the key itself is wrong. */
export function problemAt(
  source: Source,
  path: FieldPath,
  text: Pick<Problem, 'code' | 'what' | 'why' | 'fix'>,
  part: 'key' | 'value' = 'value',
): Problem {
  return { ...text, file: source.file, ...source.position(path, part) };
}

/** `FILE:LINE` of a field, to point at it from elsewhere. */
export function reference(source: Source, path: FieldPath): string {
  return `${source.file}:${source.position(path, 'key').line}`;
}

/** The path as people write it: `nodes[0].cpu`; the empty path is 'the file'. */
export function fieldName(path: FieldPath): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('');
}

/** Line and column of an offset into a text. */
export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let i = before.indexOf('\n'); i !== -1; i = before.indexOf('\n', i + 1)) line++;
  return { line, column: offset - lineStart + 1 };
}
