import { formatProblem, type Problem } from '../../model/problem.ts';
import { Failure } from '../failure.ts';

/** What people wrote does not fit together: every problem of the run, sorted. Nothing was written. */
export class ProblemsFailure extends Failure {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(
      `${count}, and nothing was written\n${problems.map(formatProblem).join('\n')}`,
      'Mend what is named above, then type the same command again.',
    );
    this.problems = problems;
  }
}
