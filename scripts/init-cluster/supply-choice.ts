import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { buildCost, chooseSupply, missingToBuild, SupplyUndecided } from '../../images/supply/index.ts';
import { Failure } from '../cli/failure.ts';

/** Streams of the question. Without a terminal there is no question. */
interface Terminal {
  input: Readable & { isTTY?: boolean };
  output: Writable & { isTTY?: boolean };
}

/**
 * Asks at the terminal whether to build every image here, after a failure because a server does not answer
 * like a registry. Any answer other than yes means no.
 * @param missing Requirements for a build that this machine lacks; if there are any, it does not ask.
 */
export async function choseToBuild(
  error: unknown,
  { input, output }: Terminal = { input: process.stdin, output: process.stdout },
  missing: readonly string[] = missingToBuild(),
): Promise<boolean> {
  const undecided = error instanceof Failure && error.cause instanceof SupplyUndecided;
  if (!undecided || input.isTTY !== true || output.isTTY !== true || missing.length > 0) return false;
  const terminal = createInterface({ input, output });
  const ended = new AbortController();
  // Ctrl-D closes the terminal without an answer.
  terminal.once('close', () => ended.abort());
  try {
    const answer = await terminal
      .question(`\n${error.message}\n\nBuild everything here, ${buildCost}? [y/N] `, { signal: ended.signal })
      .catch(() => '');
    if (!/^y(es)?$/i.test(answer.trim())) return false;
  } finally {
    terminal.close();
  }
  await chooseSupply('build');
  return true;
}
