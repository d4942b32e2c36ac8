import { styleText } from 'node:util';
import { npmCommand, runCommand } from './cli/command.ts';
import { renderEnvironment } from './flux/render-environment.ts';
import { handOver } from './hand-over/hand-over.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('hand-over')
  .description(
    'Installs Flux in a cluster of machines and points it to manifests/ENV; from then on, all changes go through Git.',
  )
  .argument('<environment>', 'a folder of clusters/')
  .requiredOption('--kubeconfig <file>', "the administrator's")
  .addHelpText(
    'after',
    '\nExit code: 0 if Flux has applied the manifests, 1 otherwise. It can be run again at any time.',
  )
  .action((name: string, { kubeconfig }: { kubeconfig: string }) =>
    runCommand(async () => {
      const { environment, manifests } = await renderEnvironment(repositoryRoot, name);
      const report = (line: string): void =>
        void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
      await handOver({ environment, manifests, kubeconfig, report });
      return 0;
    }),
  );

await program.parseAsync();
