import { createServer, request as plainRequest, type RequestListener } from 'node:http';
import { type RequestOptions, request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { runCommand } from '../cli/command.ts';
import { type CallOptions, openConnection } from './connection.ts';

/** Destination of requests; TLS if it names a server. */
export type PageTarget = RequestOptions & { ALPNProtocols?: string[] };

/** Serves an app's page on this machine's loopback address; each request carries the user's certificate. */
export function servePage(app: string, options: CallOptions & { port: number }): Promise<void> {
  return runCommand(async () => {
    const { host, port, name, identity, close } = await openConnection(app, options);
    const target = (): PageTarget => {
      const { cert, key, roots } = identity.current;
      return { ...{ host, port, servername: name, cert, key, ca: roots }, ALPNProtocols: ['http/1.1'] };
    };
    try {
      return await serveOnLoopback(forwarding(target), { port: options.port, path: '/' });
    } finally {
      close();
    }
  });
}

/** Serves until Ctrl-C, for browsers on this machine only. */
export async function serveOnLoopback(
  listener: RequestListener,
  { port: wanted, path }: { port: number; path: string },
): Promise<number> {
  const server = createServer(ownRequests(listener));
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(wanted, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}${path}\nCtrl-C to stop.\n`);
  await new Promise<void>((done) => process.once('SIGINT', done));
  server.close();
  server.closeAllConnections();
  return 0;
}

/**
 * Refuses requests with other host names, and those that pages of other sites make: a browser says by `Origin` and `Sec-Fetch-Site`
 * (Fetch Metadata) where a request comes from. `none` is an address that a person typed or opened.
 */
export function ownRequests(listener: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    const { localPort } = incoming.socket;
    const own = [`127.0.0.1:${localPort}`, `localhost:${localPort}`];
    const { host = '', origin, 'sec-fetch-site': site = 'none' } = incoming.headers;
    const isOwn =
      own.includes(host) &&
      (origin === undefined || origin === `http://${host}`) &&
      (site === 'none' || site === 'same-origin');
    if (isOwn) listener(incoming, outgoing);
    else outgoing.writeHead(403).end('this page is only for this machine, and for no other site\n');
  };
}

/** Takes only requests that read: GET, HEAD, and POST to paths that `posts` matches, which are queries. */
export function onlyQueries(posts: RegExp | undefined, listener: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const reads = method === 'GET' || method === 'HEAD' || (method === 'POST' && posts?.test(url) === true);
    if (reads) listener(incoming, outgoing);
    else outgoing.writeHead(405, { allow: 'GET, HEAD' }).end('this page only reads\n');
  };
}

/** Forwards each request to `target`; with TLS if it names a server. */
export function forwarding(target: () => PageTarget): RequestListener {
  return (incoming, outgoing) => {
    const to = target();
    const send = to.servername === undefined ? plainRequest : tlsRequest;
    const host = to.servername ?? `${to.host}:${to.port}`;
    const onward = send(
      {
        ...{ ...to, agent: false },
        ...{ method: incoming.method, path: incoming.url, headers: { ...incoming.headers, host } },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', (error) => {
      if (!outgoing.headersSent) outgoing.writeHead(502, { 'content-type': 'application/json' });
      outgoing.end(
        JSON.stringify({
          error: { code: 'unavailable', message: `the service does not answer: ${error.message}` },
        }),
      );
    });
    incoming.pipe(onward);
  };
}
