import { formatDiagnostic } from '../model/diagnostics/format-diagnostic.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { hasKubeconfig } from './cluster/client.ts';
import { readCluster, repositoryRoot as root } from './repository/read-cluster.ts';
import { removeValue, setValue } from './secrets/change.ts';
import { editSecret, ownEditor } from './secrets/edit.ts';
import { installHook } from './secrets/hook.ts';
import { inTurn } from './secrets/in-turn.ts';
import { leaksInRepository, leaksInStage } from './secrets/leak-check.ts';
import { personalKey } from './secrets/new-key.ts';
import { adopt, dismiss, rotateKey, updateKeys } from './secrets/recipients.ts';
import { printRows } from './secrets/row.ts';
import { rowsOf } from './secrets/secret-rows.ts';
import { openStore } from './secrets/secret-store.ts';
import { readValue } from './secrets/value-input.ts';

const program = npmCommand('secrets').description(
  'Manages secrets of apps: encrypted in Git with SOPS and age, decrypted by Flux. Values are never arguments and never printed.',
);

interface Env {
  env: string;
}

const environment = ['--env <name>', 'environment, a folder of clusters/', 'dev'] as const;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const work = (run: () => Promise<void>): Promise<void> =>
  runCommand(async () => {
    await run();
    return 0;
  });

/** Sends a trace of a rotation where this machine reaches the cluster. */
async function noted(env: string, command: string, title: string, run: () => Promise<void>): Promise<void> {
  const cluster = readCluster(env);
  if (cluster.observability === 'off' || !hasKubeconfig(cluster.name)) return run();
  const { notedRun, timed } = await import('./telemetry/run-trace.ts');
  const report = (message: string) => process.stderr.write(`${message}\n`);
  return notedRun(cluster, `secrets ${command}`, report, (note) => timed(title, note, run));
}

program
  .command('set')
  .description('set a value, which is read from a prompt at a terminal, else from standard input')
  .argument('<app>', 'a folder of apps/, whose app.ts uses the key')
  .argument('<key>', 'such as STRIPE_KEY; SECRET/KEY if several secrets have the key')
  .option(...environment)
  .addHelpText('after', '\nThe line feed at the end of a single piped line is removed.')
  .action((app: string, key: string, { env }: Env) =>
    work(() => setValue({ root, environment: env, app, key }, () => readValue(`${key} for ${env}: `), say)),
  );

program
  .command('list')
  .description('list all keys, and whether they are set; exit code 1 if one is missing or unused')
  .option(...environment)
  .option('--json', 'write one JSON document')
  .action(({ env, json }: Env & { json?: boolean }) =>
    runCommand(async () => {
      const rows = rowsOf(await openStore(root, env, { for: 'list' }));
      say(json === true ? JSON.stringify(rows, null, 2) : printRows(rows));
      return rows.every(({ state }) => state === 'set') ? 0 : 1;
    }),
  );

program
  .command('edit')
  .description('edit all values of one secret in your editor (VISUAL, EDITOR)')
  .argument('<app>')
  .argument('<secret>', 'its name in `uses` of app.ts')
  .option(...environment)
  .action((app: string, secret: string, { env }: Env) =>
    work(() => editSecret({ root, environment: env, app, secret }, ownEditor, say)),
  );

program
  .command('remove')
  .description('remove an unused value')
  .argument('<app>')
  .argument('<key>')
  .option(...environment)
  .action((app: string, key: string, { env }: Env) =>
    work(() => removeValue({ root, environment: env, app, key }, say)),
  );

program
  .command('new-key')
  .description(
    'create your own private key, in the file where SOPS finds it too; prints the public half, for adopt',
  )
  .action(() =>
    work(async () => {
      const { file, recipient, made } = await personalKey();
      process.stderr.write(`${made ? 'a new private key is' : 'your private key is already'} in ${file}\n`);
      say(recipient);
    }),
  );

program
  .command('adopt')
  .description('give a person or another cluster access to the secrets of an environment')
  .argument('<name>', 'such as alice')
  .argument('<recipient>', 'the public half of the key: age1…')
  .option(...environment)
  .action((name: string, recipient: string, { env }: Env) =>
    work(() => inTurn(say, () => adopt({ root, environment: env, name, recipient }, say))),
  );

program
  .command('dismiss')
  .description('remove a recipient; prints the values that must be changed at their provider')
  .argument('<name>')
  .option(...environment)
  .action((name: string, { env }: Env) =>
    work(() => inTurn(say, () => dismiss({ root, environment: env, name }, say))),
  );

program
  .command('update-keys')
  .description('encrypt every secret for exactly the recipients in cluster.yaml, secrets.recipients')
  .option(...environment)
  .action(({ env }: Env) =>
    work(() =>
      noted(env, 'update-keys', 'Secrets encrypted again', () =>
        inTurn(say, () => updateKeys({ root, environment: env }, say)),
      ),
    ),
  );

program
  .command('rotate-key')
  .description('create a new private key for the cluster, and a new data key for every secret')
  .option(...environment)
  .action(({ env }: Env) =>
    work(() =>
      noted(env, 'rotate-key', 'Keys rotated', () =>
        inTurn(say, () => rotateKey({ root, environment: env }, say)),
      ),
    ),
  );

program
  .command('check')
  .description('search all files in Git for secrets in plain text; exit code 1 if there is one')
  .option('--staged', 'only the content of the next commit')
  .action(({ staged }: { staged?: boolean }) =>
    runCommand(async () => {
      const diagnostics = staged === true ? leaksInStage(root) : leaksInRepository(root);
      for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
      return diagnostics.length === 0 ? 0 : 1;
    }),
  );

program
  .command('install-hook')
  .description('write a Git hook that refuses a commit with a secret in plain text')
  .action(() => work(async () => say(`${await installHook(root)} checks each commit from now on.`)));

await program.parseAsync();
