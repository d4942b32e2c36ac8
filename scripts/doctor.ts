import { loadLock } from '../images/lock/index.ts';
import type { Environment } from '../model/graph.ts';
import { loadGraph } from '../model/load-graph.ts';
import type { Cluster } from '../model/schema/cluster.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { allChecks } from './doctor/checks/all-checks.ts';
import { thisHost } from './doctor/host.ts';
import { printResults } from './doctor/print-results.ts';
import { runChecks } from './doctor/run-checks.ts';
import { environmentImages } from './init-cluster/image-sets.ts';
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
  const environment = await environmentOf(options.env);
  const apps = environment?.apps;
  const results = await runChecks(
    allChecks({
      environment: options.env,
      cluster,
      apps: apps ?? [],
      hosts: apps?.flatMap(({ host }) => host ?? []) ?? namesOf(cluster),
      lock: loadLock(),
      images: environment && environmentImages(environment),
      host: thisHost(),
    }),
  );
  process.stdout.write(`${options.json ? JSON.stringify(results, null, 2) : printResults(results)}\n`);
  return results.some(({ state }) => state === 'fail') ? 1 : 0;
});
// Ends without waiting for checks that timed out.
process.exit();

/** The environment; undefined if the graph has diagnostics, which `npm run render` prints. */
async function environmentOf(name: string): Promise<Environment | undefined> {
  const { environments } = await loadGraph(repositoryRoot);
  return environments.find((environment) => environment.name === name);
}

/** Host names of the apps of a graph with diagnostics: their names below the domain. */
function namesOf({ domain, apps }: Cluster): string[] {
  return Object.keys(apps).map((app) => `${app}.${domain}`);
}
