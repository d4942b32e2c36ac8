import { loadLock } from '../images/lock/index.ts';
import { loadGraph } from '../model/load-graph.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { checks } from './doctor/checks.ts';
import { thisHost } from './doctor/host.ts';
import { printResults } from './doctor/print-results.ts';
import { runChecks } from './doctor/run-checks.ts';
import { readCluster, repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('doctor')
  .description('Lists what this machine lacks for the platform, each with the command that corrects it.')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .addHelpText('after', '\nExit code: 0 if the platform can run here; 1 if a check failed.')
  .parse();
const options = program.opts<{ env: string; json?: true }>();

await runCommand(async () => {
  const cluster = readCluster(options.env);
  const results = await runChecks(
    checks({
      environment: options.env,
      cluster,
      hosts: await hostNames(options.env, cluster),
      lock: loadLock(),
      host: thisHost(),
    }),
  );
  process.stdout.write(`${options.json ? JSON.stringify(results, null, 2) : printResults(results)}\n`);
  return results.some(({ state }) => state === 'fail') ? 1 : 0;
});
// Ends without waiting for checks that timed out.
process.exit();

/** Host names of all exposed apps; only from their names if the graph has diagnostics. */
async function hostNames(name: string, cluster: { domain: string; apps: object }): Promise<string[]> {
  const { environments } = await loadGraph(repositoryRoot);
  const apps = environments.find((environment) => environment.name === name)?.apps;
  return (
    apps?.flatMap(({ host }) => host ?? []) ??
    Object.keys(cluster.apps).map((app) => `${app}.${cluster.domain}`)
  );
}
