import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { styleText } from 'node:util';
import { execa } from 'execa';
import { ensureProgram } from '../images/index.ts';
import { runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

/*
 * `npm run pulumi -- up -s prod`: Pulumi with this repository's policies, and where none is installed, the one of
 * images/lock.yaml. Every argument is Pulumi's own.
 */

await runCommand(async () => {
  const command = await pulumi();
  const child = execa(command, process.argv.slice(2), {
    cwd: repositoryRoot,
    env: {
      // Our language host: it loads the policies, which Pulumi's own cannot beside TypeScript 7.
      PATH: [join(repositoryRoot, 'scripts', 'pulumi', 'bin'), process.env.PATH].join(delimiter),
      PULUMI_OPTION_POLICY_PACK: join(repositoryRoot, 'stacks', 'policy'),
      PULUMI_SKIP_UPDATE_CHECK: 'true',
    },
    stdio: 'inherit',
    reject: false,
  });
  // The terminal gives Ctrl-C to both: Pulumi ends what it is doing and writes its state, and this waits for it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGINT'));
  const { exitCode, signal } = await child;
  return exitCode ?? 128 + (signal === undefined ? 1 : constants.signals[signal]);
});

/** The command that is installed, or the one that is built here. */
async function pulumi(): Promise<string> {
  const installed = await execa('pulumi', ['version'], { reject: false });
  if (!installed.failed) return 'pulumi';
  return ensureProgram('pulumi', (message) =>
    process.stderr.write(`${styleText('dim', message, { stream: process.stderr })}\n`),
  );
}
