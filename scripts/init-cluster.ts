import './cli/compile-cache.ts';
import { styleText } from 'node:util';
import { npmCommand, runCommand } from './cli/command.ts';

const program = npmCommand('init-cluster')
  .description(
    'A whole platform in a Kind cluster on this machine. Run it again at any time: it does what is left to do.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option(
    '--down',
    'remove the cluster, its databases and everything that runs for it, once it was asked; caches stay',
  )
  .option('--yes', 'with --down: name what goes, and do not ask')
  .option('--purge', 'with --down: remove caches, images and data too')
  .option('--profile', 'print how the processors of this machine spent each phase: user, system, idle')
  .option('--json', 'print the phases with their times as JSON instead')
  .addHelpText(
    'after',
    `
Places:  caches in $PLINTH_CACHE or ~/.cache/plinth, a cluster's state in $PLINTH_STATE or ~/.local/state/plinth
Exit:    0 when every Kustomization is Ready and the front page answers, 1 otherwise, 130 after Ctrl-C`,
  )
  .action(
    async (options: {
      env: string;
      down?: boolean;
      purge?: boolean;
      yes?: boolean;
      json?: boolean;
      profile?: boolean;
    }) => {
      await runCommand(async () => {
        const alone = options.purge === true ? '--purge' : options.yes === true ? '--yes' : undefined;
        if (alone !== undefined && options.down !== true) {
          process.stderr.write(
            `${styleText('red', 'error:', { stream: process.stderr })} ${alone} goes with --down\n`,
          );
          return 2;
        }
        // Not plain imports, which would be loaded before the cache of compiled code is there.
        if (options.down === true) {
          const { takeDown } = await import('./init-cluster/down/take-down.ts');
          return takeDown({
            environment: options.env,
            purge: options.purge === true,
            yes: options.yes === true,
          });
        }
        const { initCluster } = await import('./init-cluster/init-cluster.ts');
        return initCluster({
          environment: options.env,
          json: options.json === true,
          profile: options.profile === true,
        });
      });
    },
  );

await program.parseAsync();
