import { styleText } from 'node:util';
import { npmCommand, runCommand } from './cli/command.ts';
import { renderEnvironment } from './flux/render-environment.ts';
import { handOver } from './hand-over/hand-over.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

const program = npmCommand('hand-over')
  .description(
    'Installs Flux in a cluster of machines and points it at manifests/ENV; from then on Git is the way in.',
  )
  .argument('<environment>', 'a folder of clusters/')
  .requiredOption('--kubeconfig <file>', "the administrator's")
  .addHelpText(
    'after',
    '\nExit:  0 when Flux has applied what it read, 1 otherwise. Run it again at any time.',
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
