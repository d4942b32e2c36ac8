import { Argument } from 'commander';
import { environmentNamed } from './certs/authority-named.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { addLogin, listLogins, removeLogin } from './registry/logins.ts';
import { trustRegistry } from './registry/trust.ts';

const program = npmCommand('registry').description(
  "The team's registry of an environment with registry.overlay: tls: logins for pushes, and how to trust it.",
);

const environmentOption = ['--env <name>', 'environment, a folder of clusters/', 'staging'] as const;

program
  .command('login')
  .description('logins of people and of CI, each with a token of its own')
  .addArgument(
    new Argument('<action>', 'add: make one, or replace its token, and print the token once').choices([
      'add',
      'list',
      'remove',
    ]),
  )
  .argument('[name]', 'a person, or a job of CI; not with list')
  .option(...environmentOption)
  .action((action: 'add' | 'list' | 'remove', name: string | undefined, options: { env: string }) =>
    runCommand(async () => {
      const env = await environmentNamed(options.env);
      if (action === 'list') return listLogins(env);
      return action === 'add' ? addLogin(env, name ?? '') : removeLogin(env, name ?? '');
    }),
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
