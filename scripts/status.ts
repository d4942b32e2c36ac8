import { Command } from 'commander';
import { clusterClient } from './cluster/client.ts';
import { readCluster } from './cluster/environment.ts';
import { runCommand } from './command.ts';
import { collectStatus } from './status/collect.ts';
import { printStatus } from './status/print.ts';

const program = new Command('npm run status --')
  .description('Nodes, Kustomizations and apps of a cluster, with their URLs.')
  .option('--env <name>', 'the environment: a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    '\nExit code: 0 when everything is Ready; 1 when something is not, or the cluster does not answer.',
  )
  .parse();
const options = program.opts<{ env: string; json?: true }>();

await runCommand(async () => {
  const status = await collectStatus(clusterClient(readCluster(options.env).name));
  process.stdout.write(`${options.json ? JSON.stringify(status, null, 2) : printStatus(status)}\n`);
  return status.ready ? 0 : 1;
});
