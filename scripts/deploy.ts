import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';

interface Options {
  env: string;
  message: string;
  json?: boolean;
  watch?: boolean;
}

const program = npmCommand('deploy')
  .description(
    'Deploys this checkout: renders, builds changed images, pushes the commit, and waits until new pods serve.',
  )
  .argument('[apps...]', 'deploy only these apps, and wait until their new pods serve')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('-m, --message <text>', 'message of the commit', 'Deploy')
  .option('--watch', 'deploy again at every save, until Ctrl-C')
  .option('--json', 'print one line of JSON per deploy: commit, Kustomizations, steps with their times')
  .addHelpText(
    'after',
    `
Examples:
  npm run deploy                         everything that has changed
  npm run deploy -- orders               one app: nothing else is built, committed or waited for
  npm run deploy -- orders --watch       again at every save

Exit code: 0 if new pods serve, 1 if not, 130 after Ctrl-C of --watch.`,
  )
  .action(async (apps: string[], { env, message, json = false, watch = false }: Options) => {
    await runCommand(async () => {
      // Imported dynamically: a static import would load before the compile cache is enabled.
      const { deploy } = await import('./deploy/deploy.ts');
      const what = { environment: env, apps: [...new Set(apps)], message, json };
      if (!watch) return deploy(what);
      const { watchAndDeploy } = await import('./deploy/watch-and-deploy.ts');
      const { repositoryRoot } = await import('./repository/read-cluster.ts');
      const { Failure } = await import('./cli/failure.ts');
      const stop = new AbortController();
      const end = (): void =>
        stop.abort(new Failure('interrupted.', 'The same command continues from here.'));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
      return watchAndDeploy({
        root: repositoryRoot,
        deploy: (memory, since) => deploy({ ...what, memory, since, signal: stop.signal }),
        print: (text) => void process.stderr.write(text),
        signal: stop.signal,
      });
    });
  });

await program.parseAsync();
