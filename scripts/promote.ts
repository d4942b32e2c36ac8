import './cli/compile-cache.ts';
import { acceptRewritten } from './cli/accept-rewritten.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

interface Options {
  dryRun?: true;
  releaseHold?: true;
  acceptRewritten?: true;
}

const program = npmCommand('promote')
  .description(
    'Proposes the running version of an app of one environment for another one: copies its images by digest, pushes a branch, and opens a pull request if cluster.yaml names a forge. The text of the request has its effects.',
  )
  .argument('<app>', 'a published app')
  .argument('<from>', 'environment that runs it')
  .argument('<to>', 'environment that will run it')
  .option('--dry-run', 'print the effects, and change nothing')
  .option('--release-hold', 'also if a roll-back holds the app')
  .option(...acceptRewritten)
  .addHelpText(
    'after',
    `
Token of the forge: PLINTH_FORGE_TOKEN.

Examples:
  npm run promote -- orders staging prod --dry-run
  npm run promote -- orders staging prod

Exit code: 0 if it is proposed or already runs there, 1 otherwise.`,
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
