import type { Underlined } from '../reading/place.ts';

/** A refused description: the mistake, its place, the reason, and the fix. */
export interface Diagnostic {
  /** Stable name of the rule, in kebab-case; editors and documents refer to it. */
  code: string;
  /** Path from the repository's root, with `/` on every system. */
  file: string;
  /** Counted from 1. */
  line: number;
  /** Counted from 1. */
  column: number;
  /** Absent if the diagnostic concerns the whole file. */
  underlined?: Underlined;
  what: string;
  why: string;
  fix: string;
}

/** The words of a diagnostic, without its place. */
export type Words = Pick<Diagnostic, 'code' | 'what' | 'why' | 'fix'>;

/** A diagnostic with a file as a whole. */
export function diagnosticOfFile(file: string, words: Words): Diagnostic {
  return { file, line: 1, column: 1, ...words };
}

/** By file, line, column, then code: the same order on every machine, whatever the locale. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.code, b.code) ||
    compareText(a.what, b.what)
  );
}

/** By UTF-16 code units: unlike localeCompare the same everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
