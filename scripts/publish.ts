import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

interface Options {
  app?: string;
  dryRun?: true;
  json?: true;
  releaseHold?: true;
  acceptRewritten?: true;
}

const program = npmCommand('publish')
  .description(
    'Brings the last commit into an environment whose manifests are in a Git repository: builds the images that changed, pushes them by digest, then commits the manifests.',
  )
  .argument('<environment>', 'a folder of clusters/ whose source is a Git repository')
  .option('--app <name>', "move this app's images alone; all others stay at their digests")
  .option('--dry-run', 'say what would move, and change nothing')
  .option('--json', 'print the result as JSON')
  .option('--release-hold', 'move apps that a roll-back holds, too')
  .option('--accept-rewritten', 'go on where the history of the manifest repository was rewritten by force')
  .addHelpText(
    'after',
    `
Login: that of docker or podman, or PLINTH_REGISTRY_USER and PLINTH_REGISTRY_PASSWORD; for the repository, that of Git.

Examples:
  npm run publish -- staging
  npm run publish -- staging --app orders --dry-run

Exit code: 0 when the environment has what the commit says, 1 otherwise. Type it again at any time: it goes on.`,
  )
  .action((environment: string, options: Options) =>
    runCommand(async () => {
      // Imported dynamically: a static import would load before the compile cache is enabled.
      const { publish } = await import('./publish/publish.ts');
      return publish({
        environment,
        app: options.app,
        dryRun: options.dryRun === true,
        json: options.json === true,
        releaseHold: options.releaseHold === true,
        acceptRewritten: options.acceptRewritten === true,
        root: repositoryRoot,
        print: (text) => void process.stdout.write(text),
      });
    }),
  );

await program.parseAsync();
