import { styleText } from 'node:util';
import { Command } from 'commander';
import { Failure } from './failure.ts';

/** A command as people type it; who types it wrongly is told where to look. */
export function npmCommand(name: string): Command {
  const typed = name === 'test' ? 'npm test --' : `npm run ${name} --`;
  return new Command(typed).showHelpAfterError(`See '${typed} --help'.`);
}

/**
 * Runs a command's work and turns its end into an exit code: what the work returns, or `failed` (1 by default) with the
 * message of a `Failure`.
 * Anything else that is thrown is a bug and keeps its stack.
 */
export async function runCommand(
  work: () => Promise<number>,
  { failed = 1 }: { failed?: number } = {},
): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const label = styleText('red', 'error:', { stream: process.stderr });
    process.stderr.write(`${label} ${error.message}\n  ${error.next}\n`);
    process.exitCode = failed;
  }
}
