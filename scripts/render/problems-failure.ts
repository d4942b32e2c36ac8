import { styleText } from 'node:util';
import { formatProblem, type Paint } from '../../model/diagnostics/format-problem.ts';
import type { Problem } from '../../model/diagnostics/problem.ts';
import { Failure } from '../cli/failure.ts';

/** Maximum number of printed problems; the JSON has all of them. */
const most = 100;

const colours = { place: 'bold', mark: 'red', fix: 'green' } as const;

/** Colours, if the terminal of standard error supports them. */
const paint: Paint = (part, text) => styleText(colours[part], text, { stream: process.stderr });

/** The descriptions have problems: all of the run, sorted. Nothing was written. */
export class ProblemsFailure extends Failure {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    const more = problems.length > most ? `\n… and ${problems.length - most} more` : '';
    const shown = problems.slice(0, most).map((problem) => formatProblem(problem, paint));
    super(
      `${count}, and nothing was written\n${shown.join('\n')}${more}`,
      'Correct the problems above, then type the same command again.',
    );
    this.problems = problems;
  }
}

/**
 * Runs work that can find problems. With JSON output it prints the problems as JSON and returns undefined.
 */
export async function withProblems<T>(
  json: boolean,
  print: (text: string) => void,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!json || !(error instanceof ProblemsFailure)) throw error;
    print(`${JSON.stringify({ problems: error.problems }, null, 2)}\n`);
    return undefined;
  }
}
