/** `warn`: it works, but slower, with less, or not for long. `fail`: init-cluster cannot end well. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** What a check found. */
export interface CheckResult {
  state: Verdict;
  /** What is there, in one line. */
  found: string;
  /** The line to type that mends it; several are separated by line breaks. */
  mend?: string;
}

/** One thing that this machine needs. */
export interface MachineCheck {
  name: string;
  find(): Promise<CheckResult> | CheckResult;
}

/** All is well. */
export function ok(found: string): CheckResult {
  return { state: 'ok', found };
}

/** It works, but. */
export function warn(found: string, mend: string): CheckResult {
  return { state: 'warn', found, mend };
}

/** It does not work. */
export function fail(found: string, mend: string): CheckResult {
  return { state: 'fail', found, mend };
}
