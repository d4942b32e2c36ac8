import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { parseCount, parseDuration } from './telemetry/arguments.ts';

interface Given {
  env: string;
  since: string;
  limit: number;
  json?: boolean;
}

const program = npmCommand('errors')
  .description(
    'Shows errors in the logs, grouped by message: count, first and last time, and an example trace.',
  )
  .argument('[name]', 'of an app or operator')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--since <duration>', 'such as 10m or 2d', parseDuration, '1d')
  .option('--limit <number>', 'maximum number of groups', parseCount, 50)
  .option('--json', 'write one JSON document')
  .action((app: string | undefined, { env, since, limit, json }: Given) =>
    runCommand(async () => {
      const { showErrors } = await import('./telemetry/errors.ts');
      const selection = { since, ...(app === undefined ? {} : { app }) };
      return showErrors(env, selection, { limit, json: json === true });
    }),
  );

await program.parseAsync();
