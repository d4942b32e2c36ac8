import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';

const program = npmCommand('deploy')
  .description(
    'From a saved file to a pod that serves: render, build the images that changed, push the commit, wait for Flux.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('-m, --message <text>', 'message of the commit')
  .option('--json', 'print the phases with their times as JSON instead')
  .action(async (options: { env: string; message?: string; json?: boolean }) => {
    await runCommand(async () => {
      // Not a plain import, which would be loaded before the cache of compiled code is there.
      const { deploy } = await import('./deploy/deploy.ts');
      return deploy({
        environment: options.env,
        message: options.message ?? 'Deploy',
        json: options.json === true,
      });
    });
  });

await program.parseAsync();
