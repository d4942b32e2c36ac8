import { createInterface } from 'node:readline/promises';
import { Failure } from '../../cli/failure.ts';

/** Asks for consent at a terminal; elsewhere the command must carry the consent, as in `again`. */
export async function consent(
  question: string,
  { again, input = process.stdin, output = process.stderr }: Terminal,
): Promise<void> {
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new Failure(
      'nothing was removed: nobody can be asked here.',
      `To remove it without being asked: ${again}`,
    );
  }
  const reader = createInterface({ input, output });
  try {
    // Ctrl-D and Ctrl-C close it without an answer.
    const closed = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
    const answer = await Promise.race([reader.question(question), closed]);
    if (answer.trim() !== 'yes') throw new Failure('nothing was removed.', `To be asked again: ${again}`);
  } finally {
    reader.close();
  }
}

interface Terminal {
  /** The command that needs no answer. */
  again: string;
  input?: NodeJS.ReadableStream & { isTTY?: boolean };
  output?: NodeJS.WritableStream & { isTTY?: boolean };
}
