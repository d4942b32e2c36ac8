import { authorities } from '../model/identity.ts';
import { authorityNamed, environmentNamed } from './certs/authority-named.ts';
import { issue } from './certs/issue.ts';
import { isWell, printRows, rowsOf } from './certs/list.ts';
import { observe } from './certs/observe.ts';
import { type RotateOptions, rotate } from './certs/rotate.ts';
import { trustBrowser } from './certs/trust-browser.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { clusterClient } from './cluster/client.ts';

const program = npmCommand('certs').description(
  'Certificates of an environment: what each process really uses, those of people, and the rotation of an authority.',
);

program
  .command('list')
  .description('every certificate: who issued it, who uses it, until when, and what is really in use')
  .argument('[authority]', 'of one authority, such as orders or orders-db; default: all')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    '\nServers are asked on the wire, others by their metrics; no private key is read.\nExit code: 0 when every certificate is valid and in use; 1 when one is not, or the cluster does not answer.',
  )
  .action((name: string | undefined, options: { env: string; json?: boolean }) =>
    runCommand(async () => {
      const env = await environmentNamed(options.env);
      const listed = name === undefined ? authorities(env) : [authorityNamed(env, name)];
      const observation = await observe(clusterClient(env.cluster.name), env, listed);
      const rows = rowsOf(listed, observation);
      const text = options.json === true ? JSON.stringify(rows, null, 2) : printRows(rows, observation.at);
      process.stdout.write(`${text}\n`);
      return rows.every(isWell) ? 0 : 1;
    }),
  );

program
  .command('issue')
  .description(
    "bring a person's certificate for an app to this machine; clusters/ENV/cluster.yaml names the people",
  )
  .argument('<person>')
  .requiredOption('--for <app>', 'that asks its callers for a certificate')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .action((person: string, options: { for: string; env: string; json?: boolean }) =>
    runCommand(async () => {
      const issued = await issue(await environmentNamed(options.env), person, options.for);
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify(issued, null, 2)}\n`
          : `${issued.commonName} until ${issued.notAfter.toISOString()}: ${issued.folder}\n`,
      );
      return 0;
    }),
  );

program
  .command('rotate')
  // The name of versions before.
  .alias('roll')
  .description(
    'from one generation of a CA to the next, by commits, each seen in every process before the next',
  )
  .argument(
    '<authority>',
    'such as orders, or orders-db for its database; environment is the root above intermediates',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--dry-run', 'say what would be done')
  .option('--compromise', 'the old one goes first: who still holds a certificate of it is refused')
  .addHelpText(
    'after',
    '\nInterrupted anywhere, the same command goes on: where it stands is in cluster.yaml and in the cluster.',
  )
  .action((authority: string, options: RotateOptions) => runCommand(() => rotate(authority, options)));

program
  .command('trust-browser')
  .description("write the root of the gateway to this machine, with each system's line to trust it")
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--install', 'run the lines of this machine; those that need root ask for it by sudo')
  .action((options: { env: string; install?: boolean }) =>
    runCommand(async () =>
      trustBrowser(await environmentNamed(options.env), { install: options.install === true }),
    ),
  );

await program.parseAsync();
