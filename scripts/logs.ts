import './cli/compile-cache.ts';
import { Option } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import { parseCount, parseDuration } from './telemetry/arguments.ts';
import { levels } from './telemetry/log-query.ts';

interface Given {
  env: string;
  since?: string;
  grep?: string;
  trace?: string;
  level?: (typeof levels)[number];
  limit: number;
  follow?: boolean;
  json?: boolean;
}

const program = npmCommand('logs')
  .description('Prints log lines of an app or operator, newest last; without a name, of all.')
  .argument('[name]', 'of an app or operator')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--since <duration>', 'such as 10m or 2d', parseDuration, '1h')
  .option('--grep <expression>', 'regular expression that the message matches')
  .option('--trace <id>', 'lines of one trace')
  .addOption(new Option('--level <level>', 'lowest level').choices(levels))
  .option('--limit <number>', 'maximum number of lines', parseCount, 200)
  .option('-f, --follow', 'also print new lines as they arrive')
  .option('--json', 'print each line as one JSON object')
  .addHelpText(
    'after',
    "\nIf cluster.yaml has 'observability: off', the logs of running pods are read instead.",
  )
  .action((app: string | undefined, { env: environment, follow, json, ...selection }: Given) =>
    runCommand(async () => {
      const { showLogs } = await import('./telemetry/logs.ts');
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      return showLogs(
        {
          ...selection,
          environment,
          ...(app === undefined ? {} : { app }),
          follow: follow === true,
          json: json === true,
        },
        stop.signal,
      );
    }),
  );

await program.parseAsync();
