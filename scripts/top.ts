import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';

const program = npmCommand('top')
  .description(
    'Shows the current processor, memory, requests, failures and durations of each app and operator.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .action(({ env, json }: { env: string; json?: boolean }) =>
    runCommand(async () => {
      const { showTop } = await import('./telemetry/top.ts');
      return showTop(env, json === true);
    }),
  );

await program.parseAsync();
