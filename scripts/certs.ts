import { authorities } from '../model/identity.ts';
import { authorityNamed, environmentNamed } from './certs/authority-named.ts';
import { isWell, printRows, rowsOf } from './certs/certificate-rows.ts';
import { issue } from './certs/issue.ts';
import { observe } from './certs/observe.ts';
import { type RotateOptions, rotate } from './certs/rotate.ts';
import { trustBrowser } from './certs/trust-browser.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { clusterClient } from './cluster/client.ts';

const program = npmCommand('certs').description(
  "Shows the certificates of an environment that processes really use, issues people's certificates, and rotates authorities.",
);

program
  .command('list')
  .description('list every certificate: issuer, users, expiry, and the certificate that is really in use')
  .argument('[authority]', 'name of an authority, such as orders or orders-db; default: all')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--json', 'write one JSON document')
  .addHelpText(
    'after',
    '\nServers are queried on the wire, clients by their metrics; no private key is read.\nExit code: 0 if every certificate is valid and in use; 1 if not, or if the cluster does not answer.',
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
    "fetch a person's certificate for an app to this machine; clusters/ENV/cluster.yaml lists the people",
  )
  .argument('<person>')
  .requiredOption('--for <app>', 'app with a mutual TLS port')
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
  // The former name of the command.
  .alias('roll')
  .description(
    'rotate to the next generation of a CA by commits; each is observed in every process before the next',
  )
  .argument(
    '<authority>',
    'such as orders, or orders-db for its database; environment is the root of intermediates',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--dry-run', 'print the steps, and change nothing')
  .option(
    '--compromise',
    'after a compromise: remove the old CA first; holders of its certificates are refused',
  )
  .addHelpText(
    'after',
    '\nIf interrupted, the same command continues: its state is in cluster.yaml and in the cluster.',
  )
  .action((authority: string, options: RotateOptions) => runCommand(() => rotate(authority, options)));

program
  .command('trust-browser')
  .description(
    "write the gateway's root certificate to this machine, with the commands to trust it on each system",
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--install', 'run the commands for this machine; those that need root use sudo')
  .action((options: { env: string; install?: boolean }) =>
    runCommand(async () =>
      trustBrowser(await environmentNamed(options.env), { install: options.install === true }),
    ),
  );

await program.parseAsync();
