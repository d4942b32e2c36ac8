import { styleText } from 'node:util';

/** Prints a line of progress to standard error. */
export function report(line: string): void {
  process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
}
