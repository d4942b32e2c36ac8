import { coerce, gte } from 'semver';
import { type CheckResult, fail, ok } from './check-result.ts';

/** A required program. */
export interface ToolInput {
  name: string;
  /** Output of its version command; `undefined` if it is not installed. */
  printed: string | undefined;
  /** The oldest accepted version. Default: any. */
  minimum?: string;
  /** The command that installs it. */
  mend: string;
}

/** Whether the program is installed and new enough. */
export function tool({ name, printed, minimum, mend }: ToolInput): CheckResult {
  if (printed === undefined) return fail(`${name} is not installed`, mend);
  const version = coerce(printed);
  if (!version)
    return minimum ? fail(`${name} does not report its version: ${printed}`, mend) : ok('installed');
  if (minimum && !gte(version, coerce(minimum) ?? minimum)) {
    return fail(`${name} ${version.version} is too old: at least ${minimum} is needed`, mend);
  }
  return ok(version.version);
}
