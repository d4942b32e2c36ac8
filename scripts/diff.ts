import { Argument, Option } from 'commander';
import { acceptRewritten } from './cli/accept-rewritten.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { diff } from './diff/diff.ts';
import { printDiff } from './diff/print-diff.ts';
import { withDiagnostics } from './render/diagnostics-failure.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('diff')
  .description(
    'Shows the effects of your change on the cluster: invalid changes, lost data, restarted pods, reissued certificates, changed access. It needs no cluster: it compares with the manifests of a commit.\nWith --against cluster: what differs in the cluster from the manifests of an environment, field by field, with who wrote it.',
  )
  .addArgument(new Argument('[environment]', 'one environment only: a folder of clusters/'))
  .option('--from <commit>', 'commit to compare with', 'HEAD')
  .addOption(
    new Option('--against <what>', 'what to compare with').choices(['commit', 'cluster']).default('commit'),
  )
  .option('--env <name>', 'the same as the argument')
  .option('--json', 'write one JSON document')
  .addOption(new Option(acceptRewritten[0], `with --against cluster: ${acceptRewritten[1]}`))
  .addHelpText(
    'after',
    '\nExamples:\n  npm run diff\n  npm run diff -- --against cluster staging\n\nExit code, as kubectl diff: 0 if nothing differs; 1 if something does; 2 on errors.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const print = (text: string) => void process.stdout.write(text);

await runCommand(
  async () => {
    const { from, against, json, ...options } = program.opts<{
      from: string;
      against: 'commit' | 'cluster';
      env?: string;
      json?: true;
      acceptRewritten?: true;
    }>();
    const env = program.args[0] ?? options.env;
    if (against === 'cluster')
      return diffCluster(env, { json: json === true, acceptRewritten: options.acceptRewritten === true });
    const found = await withDiagnostics(json === true, print, () => diff(repositoryRoot, from, env));
    if (found === undefined) return 2;
    print(json ? `${JSON.stringify(found, null, 2)}\n` : printDiff(found));
    if (found.diagnostics.length > 0) return 2;
    return found.environments.some(({ effects }) => effects.length > 0) ? 1 : 0;
  },
  { failed: 2 },
);

async function diffCluster(
  environment: string | undefined,
  { json, acceptRewritten }: { json: boolean; acceptRewritten: boolean },
): Promise<number> {
  if (environment === undefined) {
    throw new Failure(
      'an environment is compared with its cluster, and none is named.',
      'Name it: npm run diff -- --against cluster dev',
    );
  }
  // Imported dynamically: it loads the client of Kubernetes.
  const [{ againstCluster }, { printDrift }] = await Promise.all([
    import('./drift/against-cluster.ts'),
    import('./drift/print-drift.ts'),
  ]);
  const found = await withDiagnostics(json, print, () =>
    againstCluster(repositoryRoot, environment, { acceptRewritten }),
  );
  if (found === undefined) return 2;
  print(
    json ? `${JSON.stringify(found, null, 2)}\n` : printDrift(found.cluster, found.objects, found.suspended),
  );
  return found.objects.length > 0 ? 1 : 0;
}
