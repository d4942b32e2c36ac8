import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import type { Place } from './place.ts';

/** Keys and indexes from the top of a file to one field. */
export type FieldPath = readonly (string | number)[];

/** A description file as data, with the place of each field. */
export interface Source {
  /** Path from the repository's root, with `/`. */
  file: string;
  /** Not yet checked against a schema. */
  value: unknown;
  /** The place of the field's key or value; for a missing field, of the nearest enclosing value. */
  place(path: FieldPath, part: 'key' | 'value'): Place;
  /**
   * A number, a boolean or null as written in the file (`1.10`, `0x1F`, `~`), which its value does not show;
   * undefined for any other value.
   */
  written(path: FieldPath): string | undefined;
}

/** Result of reading a file: if there is no source, there is at least one diagnostic. */
export interface ReadSource {
  source?: Source;
  diagnostics: Diagnostic[];
}

/** A file and its value after the schema check. */
export interface Loaded<T> {
  /** The name of the folder or the file: `dev`, `orders`, `traefik`. */
  name: string;
  source: Source;
  value: T;
}

/** A diagnostic at the value of a field; with `part: 'key'` at its key. */
export function diagnosticAt(
  source: Source,
  path: FieldPath,
  words: Words,
  part: 'key' | 'value' = 'value',
): Diagnostic {
  return { file: source.file, ...source.place(path, part), ...words };
}

/** `FILE:LINE` of a field, for references in messages. */
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
