import type { Problem, Words } from '../diagnostics/problem.ts';
import type { Place } from './place.ts';

/** From the top of a file to one field: keys and indexes. */
export type FieldPath = readonly (string | number)[];

/** A description file as data, with the place of each field. */
export interface Source {
  /** Path from the repository's root, with `/`. */
  file: string;
  /** Not yet checked against a schema. */
  value: unknown;
  /** The place of the field's key or value; for a missing field, the nearest enclosing value. */
  place(path: FieldPath, part: 'key' | 'value'): Place;
  /**
   * A number, a boolean or nothing as it is written, which its value does not tell (`1.10`, `0x1F`, `~`); undefined where
   * the file does not hold it as such.
   */
  written(path: FieldPath): string | undefined;
}

/** Result of reading a file: without a source there is at least one problem. */
export interface ReadSource {
  source?: Source;
  problems: Problem[];
}

/** A file and its value, checked against its schema. */
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
  words: Words,
  part: 'key' | 'value' = 'value',
): Problem {
  return { file: source.file, ...source.place(path, part), ...words };
}

/** `FILE:LINE` of a field, to point at it from elsewhere. */
export function reference(source: Source, path: FieldPath): string {
  return `${source.file}:${source.place(path, 'key').line}`;
}

/** The path as people write it: `nodes[0].cpu`; the empty path is 'the file'. */
export function fieldName(path: FieldPath): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('');
}
