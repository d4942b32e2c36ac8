import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { styleText } from 'node:util';
import { execa } from 'execa';
import { ensureProgram } from '../images/index.ts';
import { runCommand } from './cli/command.ts';
import { repositoryRoot } from './repository/read-cluster.ts';

/*
 * `npm run pulumi -- up -s prod`: runs Pulumi with this repository's policies; if Pulumi is not installed,
 * the version of images/lock.yaml. All arguments are Pulumi's.
 */

await runCommand(async () => {
  const command = await pulumi();
  const child = execa(command, process.argv.slice(2), {
    cwd: repositoryRoot,
    env: {
      // This repository's language host loads the policies, which Pulumi's own cannot with TypeScript 7.
      PATH: [join(repositoryRoot, 'scripts', 'pulumi', 'bin'), process.env.PATH].join(delimiter),
      PULUMI_OPTION_POLICY_PACK: join(repositoryRoot, 'stacks', 'policy'),
      PULUMI_SKIP_UPDATE_CHECK: 'true',
    },
    stdio: 'inherit',
    reject: false,
  });
  // The terminal sends Ctrl-C to both: Pulumi stops and writes its state, and this process waits for it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGINT'));
  const { exitCode, signal } = await child;
  return exitCode ?? 128 + (signal === undefined ? 1 : constants.signals[signal]);
});

/** The installed command, or the one that is built here. */
async function pulumi(): Promise<string> {
  const installed = await execa('pulumi', ['version'], { reject: false });
  if (!installed.failed) return 'pulumi';
  return ensureProgram('pulumi', (message) =>
    process.stderr.write(`${styleText('dim', message, { stream: process.stderr })}\n`),
  );
}
