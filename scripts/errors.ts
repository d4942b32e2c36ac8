import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { parseCount, parseDuration } from './telemetry/arguments.ts';

interface Given {
  env: string;
  since: string;
  limit: number;
  json?: boolean;
  all?: boolean;
}

const environment = ['--env <name>', 'environment, a folder of clusters/', 'dev'] as const;

const program = npmCommand('errors')
  .description(
    'Shows errors in the logs, grouped: count, first and last time, releases, number of users, and an example trace.',
  )
  .argument('[name]', 'of an app or operator')
  .option(...environment)
  .option('--since <duration>', 'such as 10m or 2d', parseDuration, '1d')
  .option('--limit <number>', 'maximum number of groups', parseCount, 50)
  .option('--all', 'also those that are resolved')
  .option('--json', 'write one JSON document')
  .action((app: string | undefined, { env, since, limit, json, all }: Given) =>
    runCommand(async () => {
      const { showErrors } = await import('./telemetry/errors.ts');
      const selection = { since, limit, ...(app === undefined ? {} : { app }) };
      return showErrors(env, { ...selection, json: json === true, all: all === true });
    }),
  );

program
  .command('resolve')
  .description('Marks an error as fixed. It is listed again, as regressed, when another line of it comes.')
  .argument('<id>', 'in the first column of the list')
  .action((id: string) =>
    runCommand(async () => {
      const { resolveError } = await import('./telemetry/errors.ts');
      return resolveError(program.opts<Given>().env, id);
    }),
  );

program
  .command('reopen')
  .description('Marks an error as open again.')
  .argument('<id>', 'in the first column of the list with --all')
  .action((id: string) =>
    runCommand(async () => {
      const { reopenError } = await import('./telemetry/errors.ts');
      return reopenError(program.opts<Given>().env, id);
    }),
  );

await program.parseAsync();
