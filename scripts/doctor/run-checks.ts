import type { CheckResult, MachineCheck } from './check-result.ts';

/** A check and its result. */
export interface Result extends CheckResult {
  name: string;
}

/** Runs all checks in parallel. A check that times out or throws becomes a warning. */
export function runChecks(checks: MachineCheck[], limitMs = 4_500): Promise<Result[]> {
  return Promise.all(checks.map(async ({ name, find }) => ({ name, ...(await bounded(find, limitMs)) })));
}

async function bounded(find: MachineCheck['find'], limitMs: number): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve(unknown(`no answer within ${limitMs / 1_000} s`)), limitMs);
  });
  try {
    return await Promise.race([late, (async () => find())()]);
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

function unknown(why: string): CheckResult {
  return { state: 'warn', found: `could not be checked: ${why}`, mend: 'npm run doctor' };
}
