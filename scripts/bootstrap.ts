import { text } from 'node:stream/consumers';
import { given, run } from './bootstrap/run.ts';

/*
 * What Pulumi runs between machines and a cluster: reads from standard input what the stacks made, has Ansible make the
 * cluster and Flux take it over, and writes what the stacks need of it to standard output. Everything that a person
 * should see goes to standard error. It can be run again at any time: each step leaves alone what is as it should be.
 */

try {
  const made = await run(given.parse(JSON.parse(await text(process.stdin))));
  process.stdout.write(JSON.stringify(made));
} catch (error) {
  const failed = error instanceof Error ? error : new Error(String(error));
  // What a command of ours said stands above already.
  process.stderr.write('exitCode' in failed ? '' : `error: ${failed.message}\n`);
  process.stderr.write('The machines stay as they are. When it is mended, `pulumi up` goes on from here.\n');
  process.exitCode = 1;
}
