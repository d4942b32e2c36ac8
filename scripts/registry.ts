import { environmentNamed } from './certs/authority-named.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { addLogin, listLogins, removeLogin } from './registry/logins.ts';
import { trustRegistry } from './registry/trust.ts';

const program = npmCommand('registry').description(
  "The team's registry of an environment with registry.overlay: tls: logins for pushes, and how to trust it.",
);

const login = program
  .command('login')
  .description('logins of people and of CI, each with a token of its own');
const environmentOption = ['--env <name>', 'environment, a folder of clusters/', 'staging'] as const;

login
  .command('add')
  .description('make a login, or give it a new token, and print the token once')
  .argument('<name>', 'a person, or a job of CI')
  .option(...environmentOption)
  .action((name: string, options: { env: string }) =>
    runCommand(async () => addLogin(await environmentNamed(options.env), name)),
  );

login
  .command('list')
  .description('print the names')
  .option(...environmentOption)
  .action((options: { env: string }) =>
    runCommand(async () => listLogins(await environmentNamed(options.env))),
  );

login
  .command('remove')
  .description('take a login away; it is refused within two minutes')
  .argument('<name>')
  .option(...environmentOption)
  .action((name: string, options: { env: string }) =>
    runCommand(async () => removeLogin(await environmentNamed(options.env), name)),
  );

program
  .command('trust')
  .description(
    'write the roots of the registry to this machine, and print the lines by which its programs trust them',
  )
  .option(...environmentOption)
  .action((options: { env: string }) =>
    runCommand(async () => trustRegistry(await environmentNamed(options.env))),
  );

await program.parseAsync();
