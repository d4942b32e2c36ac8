import { resolve } from 'node:path';
import { Option } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { holdSignals } from './files/staging.ts';
import { type AppKind, kinds } from './new/kinds.ts';
import { newApp, newAppFromFile } from './new/new-app.ts';
import { newEnvironment } from './new/new-environment.ts';
import { newOperator } from './new/new-operator.ts';
import { checkedName, type NewFiles, type Written, write } from './new/start.ts';
import { environments, repositoryRoot } from './repository/read-cluster.ts';

interface AppGiven {
  env: string;
  kind: AppKind;
  from?: string;
  service?: string;
  image?: string;
  strict?: true;
}

const program = npmCommand('new')
  .description('Writes a working start, which renders at once, and says what to do next.')
  .addHelpText(
    'after',
    '\nExit code: 0 when it was written; 1 when something is wrong, and then nothing was.',
  );

program
  .command('app <name>')
  .description('an app of a few lines in apps/NAME, enabled in one environment')
  .option('--env <name>', `where it runs: ${environments().join(', ')}`, 'dev')
  .addOption(
    new Option(
      '--kind <kind>',
      'server: answers requests; worker: runs and is called by nobody; schedule: runs by the clock and ends; site: files that a web server shows',
    )
      .choices(kinds)
      .default('server'),
  )
  .addOption(
    new Option(
      '--from <file>',
      'a compose file, or a Deployment with what stands beside it: one service as app.ts, and what became of each of its keys',
    ).conflicts('kind'),
  )
  .option(
    '--service <name>',
    "with --from: which service or Deployment (default: the app's name, or the only one)",
  )
  .option('--image <reference>', 'with --from: its image by version, where the file names none')
  .option('--strict', 'with --from: write nothing where a key is not kept as it is')
  .action((name: string, { env, kind, from, service, image, strict }: AppGiven) =>
    start((root) =>
      from === undefined
        ? newApp(root, checkedName(name), checkedName(env), kind)
        : newAppFromFile(root, checkedName(name), checkedName(env), {
            file: resolve(process.env.INIT_CWD ?? '.', from),
            ...(service === undefined ? {} : { service }),
            ...(image === undefined ? {} : { image }),
            strict: strict === true,
          }),
    ),
  );

program
  .command('operator <name>')
  .description(
    'a controller of others in operators/NAME: by its image, with operator.ts, chart.ts and a line in the lock file; or a Helm chart, with operator.ts alone',
  )
  .option('--image <reference>', 'such as docker.io/library/nginx:1.29.1')
  .addOption(
    new Option(
      '--chart <address>',
      'such as oci://quay.io/jetstack/charts/cert-manager, or https://charts.jetstack.io/cert-manager',
    ).conflicts('image'),
  )
  .option('--chart-version <version>', 'of the chart (default: the newest that is no preview)')
  .action(
    (
      name: string,
      { image, chart, chartVersion }: { image?: string; chart?: string; chartVersion?: string },
    ) =>
      start(async (root) => {
        if (chart !== undefined) {
          // Imported dynamically: a static import would load the operators' charts before the new one is written.
          const { newChartOperator } = await import('./new/new-chart-operator.ts');
          return newChartOperator(root, checkedName(name), chart, chartVersion);
        }
        if (image !== undefined) return newOperator(root, checkedName(name), image);
        throw new Failure(
          'an operator begins with an image or with a Helm chart',
          'Add --image docker.io/library/nginx:1.29.1, or --chart oci://quay.io/jetstack/charts/cert-manager',
        );
      }),
  );

program
  .command('env <name>')
  .description('a Kind cluster of one node beside the others, with the apps of dev: clusters/NAME')
  .action((name: string) => start((root) => newEnvironment(root, checkedName(name))));

await program.parseAsync();

async function start(prepare: (root: string) => NewFiles | Promise<NewFiles>): Promise<void> {
  await runCommand(async () => {
    const prepared = await prepare(repositoryRoot);
    let written: Written | undefined;
    const signals = holdSignals(() => written?.undo());
    try {
      written = write(repositoryRoot, prepared);
      // Loaded after the files are written: a new chart is part of the program.
      const { renderAll } = await import('./render/render.ts');
      await renderAll(repositoryRoot);
      await signals.told();
      written.done();
    } catch (error) {
      written?.undo();
      throw error;
    } finally {
      signals.release();
    }
    const { files } = written;
    const { report = [] } = prepared;
    if (report.length > 0) process.stdout.write(`${report.join('\n')}\n\n`);
    process.stdout.write(`${files.map((file) => `wrote ${file}\n`).join('')}\nnext:\n`);
    process.stdout.write(prepared.next.map((line) => `  ${line}\n`).join(''));
    return 0;
  });
}
