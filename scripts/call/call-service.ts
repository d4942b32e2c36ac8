import { type Client, status } from '@grpc/grpc-js';
import type { Command } from 'commander';
import { runCommand } from '../cli/command.ts';
import { Failure } from '../cli/failure.ts';
import { type CallOptions, type ClientType, clientOf, openConnection } from './connection.ts';

/** Adds the options that every call has. */
export function callOptions(command: Command): Command {
  return command
    .option('--env <name>', 'environment, a folder of clusters/', 'dev')
    .option('--address <host:port>', 'default: a pod of the app, through the API server')
    .option(
      '--identity <folder>',
      'folder with tls.crt, tls.key and roots.pem; default: the folder of `npm run certs -- issue`',
    )
    .option('--json', 'print the answer as JSON');
}

/** Runs a call with a client of the service and prints the result, as JSON or with `text`. */
export function call<C extends Client, T>(
  app: string,
  Type: ClientType<C>,
  options: CallOptions & { json?: boolean },
  work: (client: C) => Promise<T>,
  text: (answer: T) => string | string[],
): Promise<void> {
  return runCommand(async () => {
    const connection = await openConnection(app, options);
    const client = clientOf(Type, connection);
    try {
      const answer = await work(client);
      const lines =
        options.json === true ? JSON.stringify(answer, null, 2) : [text(answer)].flat().join('\n');
      process.stdout.write(`${lines}\n`);
      return 0;
    } catch (error) {
      throw said(app, error);
    } finally {
      client.close();
      connection.close();
    }
  });
}

/** The service's error in words, with the next command. */
function said(app: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') return error;
  const details = 'details' in error ? String(error.details) : error.message;
  const next: Partial<Record<number, string>> = {
    [status.PERMISSION_DENIED]: `Callers are listed in clusters/ENV/cluster.yaml (people) and in 'uses' of app.ts (apps).`,
    [status.UNAVAILABLE]: `Check that it runs: npm run status. For a new certificate: npm run certs -- issue me --for ${app}`,
    [status.INVALID_ARGUMENT]:
      'Correct the arguments, then type the command again. For the accepted ones: --help',
    [status.NOT_FOUND]: 'For existing ones: the list command.',
  };
  return new Failure(
    `${app}: ${status[error.code]}: ${details}`,
    next[error.code] ?? `For details, see its log: npm run logs -- ${app}`,
    { cause: error },
  );
}
