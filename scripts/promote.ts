import './cli/compile-cache.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

interface Options {
  dryRun?: true;
  releaseHold?: true;
  acceptRewritten?: true;
}

const program = npmCommand('promote')
  .description(
    'Offers the version of an app that one environment runs to another one: copies its images by digest, pushes a branch, and opens a pull request where cluster.yaml names a forge. What it would do stands in its text.',
  )
  .argument('<app>', 'an app that was published')
  .argument('<from>', 'environment that runs it')
  .argument('<to>', 'environment that shall run it')
  .option('--dry-run', 'say what it would do, and change nothing')
  .option('--release-hold', 'offer it where a roll-back holds the app, too')
  .option('--accept-rewritten', 'go on where the history of the manifest repository was rewritten by force')
  .addHelpText(
    'after',
    `
Token of the forge: PLINTH_FORGE_TOKEN.

Examples:
  npm run promote -- orders staging prod --dry-run
  npm run promote -- orders staging prod

Exit code: 0 when it is offered or runs there already, 1 otherwise.`,
  )
  .action((app: string, from: string, to: string, options: Options) =>
    runCommand(async () => {
      const { promote } = await import('./promote/promote.ts');
      return promote({
        ...{ app, from, to },
        dryRun: options.dryRun === true,
        releaseHold: options.releaseHold === true,
        acceptRewritten: options.acceptRewritten === true,
        root: repositoryRoot,
        print: (text) => void process.stdout.write(text),
      });
    }),
  );

await program.parseAsync();
