import { styleText } from 'node:util';
import { npmCommand, runCommand } from './cli/command.ts';
import { renderEnvironment } from './flux/render-environment.ts';
import { handOver } from './hand-over/hand-over.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

interface Options {
  kubeconfig: string;
  deployKey?: string;
  knownHosts?: string;
}

const program = npmCommand('hand-over')
  .description(
    'Installs Flux in a cluster of machines and points it to manifests/ENV; from then on, all changes go through Git.',
  )
  .argument('<environment>', 'a folder of clusters/')
  .requiredOption('--kubeconfig <file>', "the administrator's")
  .option(
    '--deploy-key <file>',
    'private key with which Flux reads a repository by SSH; needed once. Default: PLINTH_DEPLOY_KEY',
  )
  .option(
    '--known-hosts <file>',
    "has the host key of the repository's server. Default: PLINTH_KNOWN_HOSTS, otherwise ~/.ssh/known_hosts",
  )
  .addHelpText(
    'after',
    '\nExit code: 0 if Flux has applied the manifests, 1 otherwise. It can be run again at any time.',
  )
  .action((name: string, { kubeconfig, deployKey: key, knownHosts }: Options) =>
    runCommand(async () => {
      const { environment, manifests } = await renderEnvironment(repositoryRoot, name);
      const report = (line: string): void =>
        void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
      await handOver({ environment, manifests, kubeconfig, deployKey: { key, knownHosts }, report });
      return 0;
    }),
  );

await program.parseAsync();
