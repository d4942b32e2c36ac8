import './cli/compile-cache.ts';
import { inSeconds } from '../model/schema/duration.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { parseCount, parseDuration } from './telemetry/arguments.ts';
import { traceId } from './telemetry/trace-search.ts';

interface Given {
  env: string;
  slow?: string;
  failed?: boolean;
  since: string;
  limit: number;
  json?: boolean;
}

const program = npmCommand('trace')
  .description(
    'Shows one trace as a tree, with the log lines of each span; or lists the slowest traces of a service.',
  )
  .argument('[id]', 'identifier from log lines and exemplars')
  .option('--slow <service>', 'list the slowest traces of a service')
  .option('--failed', 'with --slow: only traces with a failed span')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--since <duration>', 'with --slow: such as 10m or 2d', parseDuration, '1h')
  .option('--limit <number>', 'with --slow: number of traces', parseCount, 20)
  .option('--json', 'write one JSON document')
  .action((id: string | undefined, { env, slow, failed, since, limit, json }: Given) =>
    runCommand(async () => {
      const { showTrace, showSlowest } = await import('./telemetry/trace.ts');
      if (slow !== undefined) {
        const search = { service: slow, sinceSeconds: inSeconds(since), limit, failed: failed === true };
        return showSlowest(env, search, json === true);
      }
      if (id !== undefined && traceId.test(id)) {
        return showTrace(env, id.toLowerCase(), json === true);
      }
      throw new Failure(
        id === undefined
          ? 'which trace?'
          : `'${id}' is not a trace identifier, which has 32 hexadecimal digits.`,
        'Type npm run trace -- ID, or find one: npm run trace -- --slow APP',
      );
    }),
  );

await program.parseAsync();
