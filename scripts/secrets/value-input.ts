import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Failure } from '../cli/failure.ts';

/**
 * Input of a value. It is never an argument, because every user of the machine can see arguments and shells
 * store them.
 */
export interface ValueInput {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
}

/** Prompts for a value at a terminal without showing it; else reads all of standard input. */
export async function readValue(
  question: string,
  { input, output }: ValueInput = { input: process.stdin, output: process.stderr },
): Promise<Buffer> {
  return input.isTTY === true
    ? Buffer.from(await ask(question, { input, output }))
    : oneLine(await buffer(input));
}

/**
 * Removes the line feed that echo and editors add to a single line; a text of several lines, such as PEM, is
 * unchanged.
 */
function oneLine(value: Buffer): Buffer {
  const first = value.indexOf('\n');
  if (first !== value.length - 1 || first === -1) return value;
  return value.subarray(0, value[first - 1] === 0x0d ? first - 1 : first);
}

async function ask(question: string, { input, output }: ValueInput): Promise<string> {
  output.write(question);
  const mute = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: mute, terminal: true, historySize: 0 });
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.once('line', resolve);
      // Ctrl-D and Ctrl-C close the terminal without an answer.
      reader.once('close', () =>
        reject(new Failure('no value was entered.', 'Type the same command again.')),
      );
    });
  } finally {
    reader.close();
    output.write('\n');
  }
}
