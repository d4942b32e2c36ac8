/** A refusal: what is wrong with what a person wrote, where, why it cannot stay, and what to type instead. */
export interface Problem {
  /** Names the rule, in kebab-case: stable, so that editors and documents can refer to it. */
  code: string;
  /** Path from the repository's root, with `/` on every system. */
  file: string;
  /** Counted from 1. */
  line: number;
  /** Counted from 1. */
  column: number;
  what: string;
  why: string;
  fix: string;
}

/** By file, line, column, then code: the same order on every machine, whatever the locale. */
export function compareProblems(a: Problem, b: Problem): number {
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

/** The problem as a person reads it in a terminal, without colours. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, code, what, why, fix } = problem;
  return `${file}:${line}:${column} ${code}\n  ${what}: ${why}\n  fix: ${fix}`;
}
