import { type Client, status } from '@grpc/grpc-js';
import type { Command } from 'commander';
import { runCommand } from '../cli/command.ts';
import { Failure } from '../cli/failure.ts';
import { type CallOptions, type ClientType, clientOf, openConnection } from './connection.ts';

/** Options that every call has. */
export function callOptions(command: Command): Command {
  return command
    .option('--env <name>', 'environment, a folder of clusters/', 'dev')
    .option('--address <host:port>', 'default: a pod of the app, through the API server')
    .option(
      '--identity <folder>',
      'with tls.crt, tls.key and roots.pem; default: where `npm run certs -- issue` put them',
    )
    .option('--json', 'print the answer as JSON');
}

/** Runs a call with a client of the service; prints what it returns, as JSON or as `text` puts it. */
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

/** What the service said, in words, with what to do about it. */
function said(app: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') return error;
  const details = 'details' in error ? String(error.details) : error.message;
  const next: Partial<Record<number, string>> = {
    [status.PERMISSION_DENIED]: `Who may call: people in clusters/ENV/cluster.yaml, apps by 'uses' in their app.ts.`,
    [status.UNAVAILABLE]: `See whether it runs: npm run status. Is your certificate the one that it knows? npm run certs -- issue me --for ${app}`,
    [status.INVALID_ARGUMENT]: 'Mend it, then type the command again. --help shows what is taken.',
    [status.NOT_FOUND]: 'See what is there: the list command.',
  };
  return new Failure(
    `${app}: ${status[error.code]}: ${details}`,
    next[error.code] ?? `Its log says more: npm run status names the pods.`,
    { cause: error },
  );
}
