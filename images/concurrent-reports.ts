import type { Report } from './report.ts';

/** Progress of several things that are made at once, on one line: the line that was reported last is always of unfinished work. */
export class ConcurrentReports {
  readonly #report: Report;
  /** The last line of each unfinished one. */
  readonly #lines = new Map<string, string>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** The progress of one of them, whose lines begin with its name. */
  of(name: string): Report {
    return (line) => {
      this.#lines.set(name, `${name}: ${line}`);
      this.#report(`${name}: ${line}`);
    };
  }

  /** Ends one of them: the last line of another is reported again. */
  end(name: string): void {
    const shown = this.#lines.delete(name);
    const [other] = this.#lines.values();
    if (shown && other !== undefined) this.#report(other);
  }
}
