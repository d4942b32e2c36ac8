import './cli/compile-cache.ts';
import { acceptRewritten } from './cli/accept-rewritten.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

interface Options {
  env: string;
  to?: string;
  reviewed: string[];
  dryRun?: true;
  acceptRewritten?: true;
}

const program = npmCommand('rollback')
  .description(
    'Rolls an app back to an earlier version, with one commit in the manifest repository. The database is unchanged: it is refused if a later migration may break the earlier version.',
  )
  .argument('<app>', 'a published app')
  .requiredOption('--env <name>', 'environment, a folder of clusters/')
  .option('--to <digest>', 'an earlier version; the first 12 hexadecimal digits are enough')
  .option(
    '--reviewed <file>',
    'a migration that you have reviewed, and with which the earlier version works; may be repeated',
    (file: string, before: string[]) => [...before, file],
    [],
  )
  .option('--dry-run', 'print the effects, and change nothing')
  .option(...acceptRewritten)
  .addHelpText(
    'after',
    `
The app is held at that version: publish and promote skip it until one of them is typed with --release-hold.

Examples:
  npm run rollback -- orders --env prod
  npm run rollback -- orders --env staging --to 4e35673047a1

Exit code: 0 if the commit is made, 1 otherwise.`,
  )
  .action((app: string, options: Options) =>
    runCommand(async () => {
      const { rollback } = await import('./rollback/rollback.ts');
      return rollback({
        app,
        environment: options.env,
        to: options.to,
        reviewed: options.reviewed,
        dryRun: options.dryRun === true,
        acceptRewritten: options.acceptRewritten === true,
        root: repositoryRoot,
        print: (text) => void process.stdout.write(text),
      });
    }),
  );

await program.parseAsync();
