import './cli/compile-cache.ts';
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
    'Takes an app back to the version before, by one commit in the manifest repository. The database stays as it is: refused where a migration since then may break the version before.',
  )
  .argument('<app>', 'an app that was published')
  .option('--env <name>', 'environment, a folder of clusters/', 'prod')
  .option('--to <digest>', 'a version that ran before; its first 12 hexadecimal digits will do')
  .option(
    '--reviewed <file>',
    'a migration that you have looked at, and that the version before works with; may come again',
    (file: string, before: string[]) => [...before, file],
    [],
  )
  .option('--dry-run', 'say what would happen, and change nothing')
  .option('--accept-rewritten', 'go on where the history of the manifest repository was rewritten by force')
  .addHelpText(
    'after',
    `
The app is held at that version: publish and promote leave it there until one of them is typed with --release-hold.

Examples:
  npm run rollback -- orders
  npm run rollback -- orders --env staging --to 4e35673047a1

Exit code: 0 when the commit is made, 1 otherwise.`,
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
