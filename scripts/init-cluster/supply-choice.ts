import { createInterface } from 'node:readline/promises';
import { missingToBuild } from '../../images/supply/can-build.ts';
import { buildCost } from '../../images/supply/decision.ts';
import { chooseSupply, SupplyUndecided } from '../../images/supply/mode.ts';
import { Failure } from '../cli/failure.ts';

/**
 * Where a command ended because something answers that is no registry of images, and a person is at the terminal: asks
 * whether to build everything here. Who does not say yes has chosen nothing.
 */
export async function choseToBuild(error: unknown): Promise<boolean> {
  const undecided = error instanceof Failure && error.cause instanceof SupplyUndecided;
  if (!undecided || !process.stdin.isTTY || !process.stdout.isTTY || missingToBuild().length > 0)
    return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(
      `\n${error.message}\n\nBuild everything here, ${buildCost}? [y/N] `,
    );
    if (!/^y(es)?$/i.test(answer.trim())) return false;
  } finally {
    terminal.close();
  }
  await chooseSupply('build');
  return true;
}
