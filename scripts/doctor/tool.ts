import { coerce, gte } from 'semver';
import { type CheckResult, fail, ok } from './check.ts';

/** A program that has to be there. */
export interface ToolInput {
  name: string;
  /** What it prints when asked for its version; `undefined` when it is not there. */
  printed: string | undefined;
  /** The oldest version that will do; left out: any. */
  minimum?: string;
  /** The line that installs it. */
  mend: string;
}

/** Whether the program is there and new enough. */
export function tool({ name, printed, minimum, mend }: ToolInput): CheckResult {
  if (printed === undefined) return fail(`${name} is not installed`, mend);
  const version = coerce(printed);
  if (!version) return minimum ? fail(`${name} does not say its version: ${printed}`, mend) : ok('installed');
  if (minimum && !gte(version, coerce(minimum) ?? minimum)) {
    return fail(`${name} ${version.version} is too old: at least ${minimum} is needed`, mend);
  }
  return ok(version.version);
}
