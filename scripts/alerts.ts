import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';

const program = npmCommand('alerts')
  .description('Alerts that fire or are about to, with their runbooks.')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    '\nExit code: 0 when nothing fires; 1 when something does, or Prometheus does not answer.',
  )
  .action(({ env, json }: { env: string; json?: boolean }) =>
    runCommand(async () => {
      const { showAlerts } = await import('./telemetry/alerts.ts');
      return showAlerts(env, json === true);
    }),
  );

await program.parseAsync();
