/** `warn`: works with limitations. `fail`: init-cluster cannot succeed. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** Result of a check. */
export interface CheckResult {
  state: Verdict;
  /** The finding, in one line. */
  found: string;
  /** The commands that correct it, separated by line breaks. */
  mend?: string;
}

/** One requirement of this machine. */
export interface MachineCheck {
  name: string;
  find(): Promise<CheckResult> | CheckResult;
}

/** A result without findings. */
export function ok(found: string): CheckResult {
  return { state: 'ok', found };
}

/** A limitation. */
export function warn(found: string, mend: string): CheckResult {
  return { state: 'warn', found, mend };
}

/** A failure. */
export function fail(found: string, mend: string): CheckResult {
  return { state: 'fail', found, mend };
}
