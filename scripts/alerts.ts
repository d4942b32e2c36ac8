import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';

const program = npmCommand('alerts')
  .description(
    'Shows firing and pending alerts, with their runbooks, and what those of new objectives would have sent.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    '\nExit code: 0 if no alert fires that tells people; 1 if one does, or if Prometheus does not answer.',
  )
  .action(({ env, json }: { env: string; json?: boolean }) =>
    runCommand(async () => {
      const { showAlerts } = await import('./telemetry/alerts.ts');
      return showAlerts(env, json === true);
    }),
  );

await program.parseAsync();
