import { Argument } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import { requestNumber } from './cli/request-number.ts';
import { sizes } from './seed/data.ts';
import { type SeedOptions, type SeedTask, seed } from './seed/seed.ts';

const program = npmCommand('seed')
  .description(
    'Makes people, organisations and orders in a cluster that is not production; the same every time.',
  )
  .addArgument(
    new Argument('<what>', 'how much of it, or clean: removes it all').choices([
      ...Object.keys(sizes),
      'clean',
    ]),
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--pr <number>', 'fills the preview of this pull request, which has orders alone', requestNumber)
  .option('--password <text>', 'of the people; default: a random one, which is printed')
  .action(async (what: SeedTask, options: SeedOptions) => {
    await runCommand(() => seed(what, options));
  });

await program.parseAsync();
