import './cli/compile-cache.ts';
import { InvalidArgumentError } from 'commander';
import { duration, inSeconds } from '../model/schema/duration.ts';
import { acceptRewritten } from './cli/accept-rewritten.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

function ago(text: string): Date {
  const found = duration.safeParse(text);
  if (!found.success) throw new InvalidArgumentError('It is a duration, such as 12h, 7d or 2w.');
  return new Date(Date.now() - inSeconds(found.data) * 1000);
}

const program = npmCommand('notes')
  .description(
    'Prints release notes of an environment as Markdown: for each app the old and the new version with the commits between them, all other commits, and the effects.',
  )
  .argument('<environment>', 'a folder of clusters/ whose source is a Git repository')
  .option(
    '--since <duration>',
    'all that changed in this time. Default: the last publication, promotion or roll-back',
    ago,
  )
  .option(...acceptRewritten)
  .addHelpText(
    'after',
    `
Examples:
  npm run -s notes -- prod
  npm run -s notes -- prod --since 7d > notes.md

Access to the manifest repository is that of Git. Exit code: 0, or 1 on errors.`,
  )
  .action((environment: string, { since, ...options }: { since?: Date; acceptRewritten?: true }) =>
    runCommand(async () => {
      const { notes } = await import('./notes/notes.ts');
      return notes({
        environment,
        since,
        acceptRewritten: options.acceptRewritten === true,
        root: repositoryRoot,
        print: (text) => void process.stdout.write(text),
      });
    }),
  );

await program.parseAsync();
