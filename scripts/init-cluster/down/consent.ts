import { createInterface } from 'node:readline/promises';
import { Failure } from '../../cli/failure.ts';

/**
 * Asks for a confirmation at a terminal; without one, fails with the command `again`, which includes the
 * confirmation.
 */
export async function consent(
  question: string,
  { again, input = process.stdin, output = process.stderr }: Terminal,
): Promise<void> {
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new Failure(
      'nothing was removed: there is no terminal for a confirmation.',
      `To remove it without a confirmation: ${again}`,
    );
  }
  const reader = createInterface({ input, output });
  try {
    // Ctrl-D and Ctrl-C close the terminal without an answer.
    const closed = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
    const answer = await Promise.race([reader.question(question), closed]);
    if (answer.trim() !== 'yes') throw new Failure('nothing was removed.', `To be asked again: ${again}`);
  } finally {
    reader.close();
  }
}

interface Terminal {
  /** The command with the confirmation. */
  again: string;
  input?: NodeJS.ReadableStream & { isTTY?: boolean };
  output?: NodeJS.WritableStream & { isTTY?: boolean };
}
