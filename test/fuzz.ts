import { randomInt } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import { npmCommand, runCommand } from '../scripts/cli/command.ts';
import { Failure } from '../scripts/cli/failure.ts';
import { fuzz } from './fuzz/fuzz.ts';
import { subjects } from './fuzz/survive.ts';

/** In milliseconds of the processor; a refusal that takes longer is a fault. */
const longest = 1_000;

const program = npmCommand('fuzz')
  .description(
    'Mutates descriptions at random: each must be rendered or refused with a place and a reason, within a second, and nothing may be thrown.',
  )
  .option('--runs <number>', 'how many files', wholeNumber, 100_000)
  .option('--seed <number>', 'begin with this one, to see a failure again (default: at random)', wholeNumber)
  .addHelpText(
    'after',
    '\nExit code: 0 when all were; 1 with the smallest file that was found for which it was not so.',
  )
  .parse();

await runCommand(async () => {
  const { runs, seed = randomInt(2 ** 31 - 1) } = program.opts<{ runs: number; seed?: number }>();
  process.stdout.write(`${runs} files, --seed ${seed}\n`);
  const started = performance.now();
  try {
    const { right, codes, slowest } = fuzz(await subjects(), { runs, seed });
    const seconds = (performance.now() - started) / 1000;
    const counts = [...codes].sort(([, a], [, b]) => b - a).map(([code, count]) => `  ${count} ${code}\n`);
    process.stdout.write(
      `${runs} files in ${seconds.toFixed(0)} s: ${right} rendered, ${runs - right} refused, none broke anything\n` +
        `refusals by code:\n${counts.join('')}` +
        `slowest: ${slowest.milliseconds.toFixed(0)} ms of the processor, ${slowest.file}\n`,
    );
    if (slowest.milliseconds <= longest) return 0;
    throw new Failure(
      `a refusal took ${slowest.milliseconds.toFixed(0)} ms of the processor: ${JSON.stringify(slowest.text).slice(0, 2000)}`,
      `To see it again: npm run fuzz -- --runs ${runs} --seed ${seed}`,
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Failure(message, `To see it again: npm run fuzz -- --runs ${runs} --seed ${seed}`, {
      cause: error,
    });
  }
});

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
