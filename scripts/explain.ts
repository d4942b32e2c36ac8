import { npmCommand, runCommand } from './cli/command.ts';
import { explainCommand } from './explain/explain-command.ts';
import { withDiagnostics } from './render/diagnostics-failure.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('explain')
  .description(
    'Shows everything that is derived for an app, with its cause: each part of the description is removed in turn, and the difference is shown. For an operator with a Helm chart: its objects, and those rendered around it.',
  )
  .argument('<app>', 'a folder of apps/, or one of operators/ that is a Helm chart')
  .option('--env <name>', 'environment, a folder of clusters/ (default: the first one where it runs)')
  .option('--json', 'write one JSON document')
  .addHelpText('after', '\nExit code: 0 if it was explained; 1 if there is no such app, or on errors.')
  .parse();

await runCommand(async () => {
  const [app = ''] = program.args;
  const options = program.opts<{ env?: string; json?: true }>();
  const print = (text: string) => void process.stdout.write(text);
  const explained = await withDiagnostics(options.json === true, print, () =>
    explainCommand(repositoryRoot, { app, ...options }),
  );
  if (explained === undefined) return 1;
  print(explained);
  return 0;
});
