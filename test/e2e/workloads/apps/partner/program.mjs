import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { connect } from 'node:net';

/** What the proxy answers to a tunnel to that host, or why nothing was reached without it. */
function tunnel(host, proxy) {
  return new Promise((done) => {
    const to = proxy === undefined ? { host, port: 443 } : { host: proxy.hostname, port: Number(proxy.port) };
    const socket = connect({ ...to, timeout: 5_000 });
    socket.once('connect', () => {
      if (proxy === undefined) done('connected');
      else socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
    });
    socket.once('data', (answer) => done(answer.toString()));
    socket.once('error', (error) => done(error.code));
    socket.once('timeout', () => done('no answer'));
  });
}

createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://partner');
  if (pathname === '/key')
    return response.end(createHash('sha256').update(process.env.PAY_KEY).digest('hex'));
  const proxy = pathname === '/direct' ? undefined : new URL(process.env.HTTPS_PROXY);
  response.end(await tunnel(searchParams.get('host'), proxy));
}).listen(8080);
