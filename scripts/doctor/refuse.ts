import { Failure } from '../cli/failure.ts';
import type { MachineCheck } from './check-result.ts';
import { runChecks } from './run-checks.ts';

/** Longer than the time-out for an engine's client, so that a hanging client is reported as such. */
const limitMs = 15_000;

/**
 * Refuses a machine on which the command cannot succeed, before anything is created.
 * @throws Failure with the failed checks and the commands that correct them.
 */
export async function refuseUnfit(checks: MachineCheck[]): Promise<void> {
  const failed = (await runChecks(checks, limitMs)).filter(({ state }) => state === 'fail');
  if (failed.length === 0) return;
  const mends = failed.flatMap(({ mend = '' }) => mend.split('\n'));
  throw new Failure(
    `this machine does not meet the requirements, and nothing was created:\n${failed.map(({ name, found }) => `  ${name}: ${found}`).join('\n')}`,
    [...mends, 'For all checks: npm run doctor'].join('\n  '),
  );
}
