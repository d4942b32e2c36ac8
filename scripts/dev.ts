import './cli/compile-cache.ts';
import { InvalidArgumentError } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';

interface Options {
  env: string;
  inspect?: string | true;
  inspectBrk?: string | true;
  watch?: boolean;
  set: Record<string, string>;
}

/** Parses `NAME=VALUE` and adds it to the earlier ones. */
function variable(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('write it as NAME=VALUE');
  return { ...before, [name]: value };
}

const program = npmCommand('dev')
  .description(
    "Runs an app's program on this machine like its container in the cluster: with its variables, certificates and secrets, and with\nport-forwards to its database and the services that it uses. For debuggers, and to see a change at once.",
  )
  .argument('<app>', 'an app with a Node program, or with pages that Vite bundles')
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--inspect [host:port]', 'accept a debugger; default 127.0.0.1:9229')
  .option('--inspect-brk [host:port]', 'the same, and wait for it before the first line')
  .option('--watch', 'restart at every save')
  .option('--set <name=value>', "a variable that replaces the container's own; may be repeated", variable, {})
  .addHelpText(
    'after',
    `
Examples:
  npm run dev -- orders                  until Ctrl-C
  npm run dev -- orders --inspect        then: chrome://inspect, or 'attach' in an editor
  npm run dev -- orders --watch --set PORT=9443 --set HTTP_PORT=9080

While it runs, its keys are in a folder that only you can read. The pods in the cluster keep running.

Exit code: that of the program, 130 after Ctrl-C, 1 if it could not be started.`,
  )
  .action(async (app: string, { env: environment, inspect, inspectBrk, watch, set: variables }: Options) => {
    await runCommand(async () => {
      const { dev } = await import('./dev/dev.ts');
      const { repositoryRoot: root } = await import('./repository/read-cluster.ts');
      const stop = new AbortController();
      // Not `once`: a second Ctrl-C would end this process before it has removed the keys.
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
      const flag = (name: string, value: string | true | undefined) =>
        value === undefined ? [] : [value === true ? `--${name}` : `--${name}=${value}`];
      const flags = [
        ...flag('inspect', inspect),
        ...flag('inspect-brk', inspectBrk),
        ...(watch === true ? ['--watch'] : []),
      ];
      const print = (text: string) => void process.stderr.write(text);
      return dev({ root, environment, app, flags, variables, signal: stop.signal, print });
    });
  });

await program.parseAsync();
