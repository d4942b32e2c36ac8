import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../charts/order/flux-sync.ts';
import { findEngine } from '../images/index.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { clusterClient } from './cluster/client.ts';
import { remoteOf } from './flux/git-service.ts';
import { readCluster, repositoryRoot } from './repository/read-cluster.ts';
import { collectStatus } from './status/collect.ts';
import { printStatus } from './status/print-status.ts';
import { instant, type Sample } from './telemetry/metrics.ts';
import { withStore } from './telemetry/store.ts';

const program = npmCommand('status')
  .description(
    'Shows nodes, Kustomizations and apps of a cluster, with their URLs, and whether signals reach their stores.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .option('--git-remote', 'print the address of the manifest repository, for git clone')
  .addHelpText(
    'after',
    '\nExit code: 0 if everything is Ready; 1 if something is not, or a signal is not reached, or if the cluster does not answer.',
  )
  .parse();
const options = program.opts<{ env: string; json?: true; gitRemote?: true }>();

await runCommand(async () => {
  const { name, observability } = readCluster(options.env);
  if (options.gitRemote) {
    process.stdout.write(`${await gitRemote(name)}\n`);
    return 0;
  }
  const ask = observability === 'off' ? undefined : askPrometheus;
  const status = await collectStatus(clusterClient(name), renderedKustomizations(options.env), ask);
  process.stdout.write(`${options.json ? JSON.stringify(status, null, 2) : printStatus(status)}\n`);
  return status.ready ? 0 : 1;
});

async function askPrometheus(query: string): Promise<Sample[]> {
  return withStore(options.env, 'prometheus', (store) => instant(store, query));
}

function renderedKustomizations(environment: string): string[] {
  const folder = join(repositoryRoot, 'manifests', environment, syncFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => /^kustomization-(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

async function gitRemote(cluster: string): Promise<string> {
  const engine = await findEngine();
  if (engine === undefined)
    throw new Failure('no container engine runs here.', 'Start the cluster: npm run init-cluster');
  return remoteOf(engine, cluster);
}
