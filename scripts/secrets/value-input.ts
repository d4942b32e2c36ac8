import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Failure } from '../cli/failure.ts';

/** Where a value comes from. It is never an argument, which every user of a machine can see and shells remember. */
export interface ValueInput {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
}

/** Asks for a value at a terminal without showing it; elsewhere reads all of standard input. */
export async function readValue(
  question: string,
  { input, output }: ValueInput = { input: process.stdin, output: process.stderr },
): Promise<Buffer> {
  return input.isTTY === true
    ? Buffer.from(await ask(question, { input, output }))
    : oneLine(await buffer(input));
}

/** Without the line feed that echo and editors add to a single line; a text of several lines, such as a PEM, stays as it is. */
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
      // Ctrl-D and Ctrl-C close it without an answer.
      reader.once('close', () => reject(new Failure('nothing was typed.', 'Type the same command again.')));
    });
  } finally {
    reader.close();
    output.write('\n');
  }
}
