import './cli/compile-cache.ts';
import { styleText } from 'node:util';
import { npmCommand, runCommand } from './cli/command.ts';

const program = npmCommand('init-cluster')
  .description(
    'Creates the whole platform in a Kind cluster on this machine. It can be run again at any time and does the remaining work.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option(
    '--down',
    'remove the cluster with its databases and all its processes, after a confirmation; caches stay',
  )
  .option('--yes', 'with --down: list what is removed, without a confirmation')
  .option('--purge', 'with --down: also remove caches and images')
  .option('--profile', 'print how the processors spent each phase: user, system, idle')
  .option('--compare', 'change nothing; print the phases of the last run beside those of earlier runs')
  .option('--json', 'print the phases with their times as JSON')
  .addHelpText(
    'after',
    `
Places:     caches in $PLINTH_CACHE or ~/.cache/plinth, a cluster's state in $PLINTH_STATE or ~/.local/state/plinth
Exit code:  0 if every Kustomization is Ready and the front page answers, 1 otherwise, 130 after Ctrl-C`,
  )
  .action(
    async (options: {
      env: string;
      down?: boolean;
      purge?: boolean;
      yes?: boolean;
      json?: boolean;
      profile?: boolean;
      compare?: boolean;
    }) => {
      await runCommand(async () => {
        const alone = options.purge === true ? '--purge' : options.yes === true ? '--yes' : undefined;
        if (alone !== undefined && options.down !== true) {
          process.stderr.write(
            `${styleText('red', 'error:', { stream: process.stderr })} ${alone} is only valid with --down\n`,
          );
          return 2;
        }
        if (options.compare === true) {
          const { readCluster } = await import('./repository/read-cluster.ts');
          const { showRuns } = await import('./telemetry/runs.ts');
          return showRuns(readCluster(options.env).name, 'init-cluster');
        }
        // Imported dynamically: a static import would load before the compile cache is enabled.
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
