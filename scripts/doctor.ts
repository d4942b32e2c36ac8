import { loadLock } from '../images/lock/index.ts';
import { loadGraph } from '../model/load-graph.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { checks } from './doctor/checks.ts';
import { thisHost } from './doctor/host.ts';
import { printResults } from './doctor/print.ts';
import { runChecks } from './doctor/run.ts';
import { readCluster, repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('doctor')
  .description('What this machine lacks to run the platform, each with the line that mends it.')
  .option('--env <name>', 'the environment: a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .addHelpText('after', '\nExit code: 0 when the platform can run here; 1 when a check failed.')
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
// What did not answer in time is not waited for.
process.exit();

/** Of all exposed apps; by their names alone while the repository is in the middle of a change. */
async function hostNames(name: string, cluster: { domain: string; apps: object }): Promise<string[]> {
  const { environments } = await loadGraph(repositoryRoot);
  const apps = environments.find((environment) => environment.name === name)?.apps;
  return (
    apps?.flatMap(({ host }) => host ?? []) ??
    Object.keys(cluster.apps).map((app) => `${app}.${cluster.domain}`)
  );
}
