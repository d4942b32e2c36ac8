import './cli/compile-cache.ts';
import { Option } from 'commander';
import { acceptRewritten } from './cli/accept-rewritten.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

interface Options {
  app?: string;
  dryRun?: true;
  json?: true;
  manifestsOnly?: true;
  releaseHold?: true;
  acceptRewritten?: true;
}

const program = npmCommand('publish')
  .description(
    'Publishes the last commit to an environment whose manifests are in a Git repository: builds changed images, pushes them by digest, then commits the manifests.',
  )
  .argument('<environment>', 'a folder of clusters/ whose source is a Git repository')
  .option('--app <name>', "publish only this app's images; all others keep their digests")
  .option('--dry-run', 'print the changes, and make none')
  .addOption(
    new Option(
      '--manifests-only',
      'publish the manifests, and no images: every app keeps its version. The first time, before the registry runs',
    ).conflicts('app'),
  )
  .option('--json', 'print the result as JSON')
  .option('--release-hold', 'also publish apps that a roll-back holds')
  .option(...acceptRewritten)
  .addHelpText(
    'after',
    `
Login: that of docker or podman, or PLINTH_REGISTRY_USER and PLINTH_REGISTRY_PASSWORD; for the repository, that of Git.
Signatures: PLINTH_SIGNING_KEY, the path of a private key, or its text. Default: images are not signed.

Examples:
  npm run publish -- staging
  npm run publish -- staging --app orders --dry-run

Exit code: 0 if the environment has the commit, 1 otherwise. After an interruption, run it again: it continues.`,
  )
  .action((environment: string, options: Options) =>
    runCommand(async () => {
      // Imported dynamically: a static import would load before the compile cache is enabled.
      const { publish } = await import('./publish/publish.ts');
      return publish({
        environment,
        app: options.app,
        dryRun: options.dryRun === true,
        manifestsOnly: options.manifestsOnly === true,
        json: options.json === true,
        releaseHold: options.releaseHold === true,
        acceptRewritten: options.acceptRewritten === true,
        root: repositoryRoot,
        print: (text) => void process.stdout.write(text),
      });
    }),
  );

await program.parseAsync();
