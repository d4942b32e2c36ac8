import { Failure } from '../cli/failure.ts';
import type { MachineCheck } from './check.ts';
import { runChecks } from './run.ts';

/** Longer than an engine's client is waited for, so that one that hangs is refused for that. */
const limitMs = 15_000;

/**
 * Refuses a machine on which a command could not end well, before it makes anything.
 * @throws Failure with what is missing, and the lines that mend it.
 */
export async function refuseUnfit(checks: MachineCheck[]): Promise<void> {
  const failed = (await runChecks(checks, limitMs)).filter(({ state }) => state === 'fail');
  if (failed.length === 0) return;
  const mends = failed.flatMap(({ mend = '' }) => mend.split('\n'));
  throw new Failure(
    `this machine lacks what is needed, and nothing was made:\n${failed.map(({ name, found }) => `  ${name}: ${found}`).join('\n')}`,
    [...mends, 'All that was looked at: npm run doctor'].join('\n  '),
  );
}
