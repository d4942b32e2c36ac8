import { text } from 'node:stream/consumers';
import { given, run } from './bootstrap/bootstrap-cluster.ts';

/*
 * Pulumi runs this between machines and cluster: it reads the outputs of the stacks from standard input,
 * installs the cluster with Ansible, hands it over to Flux, and writes the results for the stacks to standard
 * output. Messages for people go to standard error. It can run again at any time: completed steps are
 * skipped.
 */

try {
  const made = await run(given.parse(JSON.parse(await text(process.stdin))));
  process.stdout.write(JSON.stringify(made));
} catch (error) {
  const failed = error instanceof Error ? error : new Error(String(error));
  // A subcommand has already printed its message.
  process.stderr.write('exitCode' in failed ? '' : `error: ${failed.message}\n`);
  process.stderr.write('The machines are unchanged. After a correction, `pulumi up` continues from here.\n');
  process.exitCode = 1;
}
