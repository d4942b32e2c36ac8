import { Argument } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import { sizes } from './seed/data.ts';
import { type SeedTask, seed } from './seed/seed.ts';

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
  .option('--password <text>', 'of the people; default: a random one, which is printed')
  .action(async (what: SeedTask, options: { env: string; password?: string }) => {
    await runCommand(() => seed(what, options));
  });

await program.parseAsync();
