import { npmCommand, runCommand } from './cli/command.ts';
import { diff } from './diff/diff.ts';
import { printDiff } from './diff/print.ts';
import { withDiagnostics } from './render/diagnostics-failure.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('diff')
  .description(
    'Shows the effects of your change on the cluster: invalid changes, lost data, restarted pods, reissued certificates, changed access. It needs no cluster: it compares with the manifests of a commit.',
  )
  .option('--from <commit>', 'commit to compare with', 'HEAD')
  .option('--env <name>', 'one environment only: a folder of clusters/')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    '\nExit code, as kubectl diff: 0 if nothing differs; 1 if something does; 2 on errors.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

await runCommand(
  async () => {
    const { from, env, json } = program.opts<{ from: string; env?: string; json?: true }>();
    const print = (text: string) => void process.stdout.write(text);
    const found = await withDiagnostics(json === true, print, () => diff(repositoryRoot, from, env));
    if (found === undefined) return 2;
    print(json ? `${JSON.stringify(found, null, 2)}\n` : printDiff(found));
    if (found.diagnostics.length > 0) return 2;
    return found.environments.some(({ effects }) => effects.length > 0) ? 1 : 0;
  },
  { failed: 2 },
);
