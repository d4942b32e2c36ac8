import { styleText } from 'node:util';
import { Command } from 'commander';
import { useProxies } from '../../images/fetch/index.ts';
import { fullDisk } from '../files/disk-failure.ts';
import { Failure } from './failure.ts';

/** A command of npm. The error of an invalid option names the help. */
export function npmCommand(name: string): Command {
  const typed = name === 'test' ? 'npm test --' : `npm run ${name} --`;
  return new Command(typed).showHelpAfterError(`See '${typed} --help'.`);
}

/**
 * Runs a command and returns the exit code: that of the work, or `failed` (1 by default) with the message of
 * a `Failure`, or of a full disk. Any other error is a bug and is shown with its stack.
 */
export async function runCommand(
  work: () => Promise<number>,
  { failed = 1 }: { failed?: number } = {},
): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader closed the pipe, as `head` does.
    if (error.code !== 'EPIPE')
      process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
    process.exit(failed);
  });
  try {
    throughProxies();
    process.exitCode = await work();
  } catch (error) {
    const failure = error instanceof Failure ? error : fullDisk(error);
    if (failure === undefined) throw error;
    process.stderr.write(failureText(failure));
    process.exitCode = failed;
  }
}

function throughProxies(): void {
  try {
    useProxies();
  } catch (error) {
    throw new Failure(
      error instanceof Error ? error.message : String(error),
      'Then type the same command again.',
    );
  }
}

export function failureText({ message, next }: Failure): string {
  return `${styleText('red', 'error:', { stream: process.stderr })} ${message}\n  ${next}\n`;
}
