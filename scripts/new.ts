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
  .description(
    'Writes a working app, operator or environment, which renders at once, and prints the next steps.',
  )
  .addHelpText('after', '\nExit code: 0 if it was written; 1 on errors, and then nothing was written.');

program
  .command('app <name>')
  .description('a minimal app in apps/NAME, enabled in one environment')
  .option('--env <name>', `environment: ${environments().join(', ')}`, 'dev')
  .addOption(
    new Option(
      '--kind <kind>',
      'server: answers requests; worker: has no callers; schedule: runs at given times and ends; site: static files',
    )
      .choices(kinds)
      .default('server'),
  )
  .addOption(
    new Option(
      '--from <file>',
      'create it from a compose file, or from a Deployment with related objects: one service as app.ts, with the result for each key',
    ).conflicts('kind'),
  )
  .option('--service <name>', "with --from: service or Deployment (default: the app's name, or the only one)")
  .option('--image <reference>', 'with --from: image with version, if the file has none')
  .option('--strict', 'with --from: write nothing if a key cannot be kept')
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
    'an upstream controller in operators/NAME: from an image, with operator.ts, chart.ts and an entry in the lock file; or from a Helm chart, with operator.ts only',
  )
  .option('--image <reference>', 'such as docker.io/library/nginx:1.29.1')
  .addOption(
    new Option(
      '--chart <address>',
      'such as oci://quay.io/jetstack/charts/cert-manager, or https://charts.jetstack.io/cert-manager',
    ).conflicts('image'),
  )
  .option('--chart-version <version>', 'version of the chart (default: the newest stable one)')
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
          'an operator needs an image or a Helm chart',
          'Add --image docker.io/library/nginx:1.29.1, or --chart oci://quay.io/jetstack/charts/cert-manager',
        );
      }),
  );

program
  .command('env <name>')
  .description('a Kind cluster with one node and the apps of dev: clusters/NAME')
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
      await signals.delivered();
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
