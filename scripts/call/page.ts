import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { runCommand } from '../cli/command.ts';
import { type CallOptions, type Connection, openConnection } from './connection.ts';

/**
 * Serves an app's page on this machine's loopback: each request goes on to the service with the certificate of whoever
 * typed the command. Only for this machine's own browser: other host names and other sites are refused.
 */
export function servePage(app: string, options: CallOptions & { port: number }): Promise<void> {
  return runCommand(async () => {
    const connection = await openConnection(app, options);
    const server = createServer((incoming, outgoing) => forward(connection, incoming, outgoing));
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(options.port, '127.0.0.1', done);
    });
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`http://127.0.0.1:${port}/\nCtrl-C ends it.\n`);
    await new Promise<void>((done) => process.once('SIGINT', done));
    server.close();
    server.closeAllConnections();
    connection.close();
    return 0;
  });
}

function forward(
  { host, port, name, identity }: Connection,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const own = [`127.0.0.1:${incoming.socket.localPort}`, `localhost:${incoming.socket.localPort}`];
  if (!own.includes(incoming.headers.host ?? '')) {
    outgoing.writeHead(403).end('this page answers to this machine alone\n');
    return;
  }
  const { cert, key, roots } = identity.current;
  const onward = request(
    {
      ...{ host, port, servername: name, cert, key, ca: roots, agent: false, ALPNProtocols: ['http/1.1'] },
      ...{ method: incoming.method, path: incoming.url, headers: { ...incoming.headers, host: name } },
    },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    },
  );
  onward.on('error', (error) => {
    if (!outgoing.headersSent) outgoing.writeHead(502, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ error: `the service does not answer: ${error.message}` }));
  });
  incoming.pipe(onward);
}
