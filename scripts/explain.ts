import { npmCommand, runCommand } from './cli/command.ts';
import { explainCommand } from './explain/command.ts';
import { withProblems } from './render/problems-failure.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('explain')
  .description(
    'Everything that the model derives for an app, and from what: each thing that the description says is taken away, and what would change is shown. Of an operator that is a Helm chart: what it brings, and what is put around it.',
  )
  .argument('<app>', 'a folder of apps/, or one of operators/ that is a Helm chart')
  .option('--env <name>', 'environment, a folder of clusters/ (default: the first one where it runs)')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    '\nExit code: 0 when it was explained; 1 when there is no such app, or something is wrong.',
  )
  .parse();

await runCommand(async () => {
  const [app = ''] = program.args;
  const options = program.opts<{ env?: string; json?: true }>();
  const print = (text: string) => void process.stdout.write(text);
  const explained = await withProblems(options.json === true, print, () =>
    explainCommand(repositoryRoot, { app, ...options }),
  );
  if (explained === undefined) return 1;
  print(explained);
  return 0;
});
