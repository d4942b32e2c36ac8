import './cli/compile-cache.ts';
import { acceptRewritten } from './cli/accept-rewritten.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { requestNumber } from './cli/request-number.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

const root = repositoryRoot;
const print = (text: string) => void process.stdout.write(text);

const environment = ['<environment>', 'a folder of clusters/ whose cluster.yaml has previews'] as const;
const request = ['--pr <number>', 'the pull request, or merge request', requestNumber] as const;

interface Options {
  acceptRewritten?: true;
}

const program = npmCommand('preview')
  .description(
    'Previews of pull requests: their apps beside those of an environment, with namespaces, host names and databases of their own. Each change is one commit in the manifest repository.',
  )
  .addHelpText(
    'after',
    `
Examples:
  npm run preview -- open staging --pr 12
  npm run preview -- open staging --pr 12 --app orders --app jobs
  npm run preview -- close staging --pr 12

Access is that of publish. Exit code: 0 when it is done or nothing was to do, 1 otherwise.`,
  );

program
  .command('open')
  .description('shows the last commit of this checkout; type it again after each push')
  .argument(...environment)
  .requiredOption(...request)
  .option(
    '--app <name>',
    'an app of the preview; may come again. Default: those that the commit changes',
    (name: string, before: string[]) => [...before, name],
    [],
  )
  .option(...acceptRewritten)
  .action((environment: string, { pr, app, ...options }: Options & { pr: number; app: string[] }) =>
    runCommand(async () => {
      const { open } = await import('./preview/open.ts');
      return open({
        ...{ environment, request: pr, apps: app, root, now: new Date(), print },
        acceptRewritten: options.acceptRewritten === true,
      });
    }),
  );

program
  .command('close')
  .description('removes a preview, with its databases')
  .argument(...environment)
  .requiredOption(...request)
  .option(...acceptRewritten)
  .action((environment: string, { pr, ...options }: Options & { pr: number }) =>
    runCommand(async () => {
      const { close } = await import('./preview/close.ts');
      return close({
        ...{ environment, request: pr, root, print },
        acceptRewritten: options.acceptRewritten === true,
      });
    }),
  );

program
  .command('list')
  .description('shows the previews of an environment')
  .argument(...environment)
  .option('--json', 'print them as JSON')
  .option(...acceptRewritten)
  .action((environment: string, { json, ...options }: Options & { json?: true }) =>
    runCommand(async () => {
      const { list } = await import('./preview/list.ts');
      return list({
        ...{ environment, root, now: new Date(), json: json === true, print },
        acceptRewritten: options.acceptRewritten === true,
      });
    }),
  );

program
  .command('prune')
  .description('removes the previews whose time is over')
  .argument(...environment)
  .option(...acceptRewritten)
  .action((environment: string, options: Options) =>
    runCommand(async () => {
      const { prune } = await import('./preview/close.ts');
      return prune({
        ...{ environment, root, now: new Date(), print },
        acceptRewritten: options.acceptRewritten === true,
      });
    }),
  );

await program.parseAsync();
