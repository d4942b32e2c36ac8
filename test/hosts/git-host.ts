import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';

/** A Git server outside the cluster, as a team has one: read only, by HTTPS, with a certificate of its own authority. */
export interface GitHost {
  url: string;
  /** The certificate that clients must trust. */
  authority: string;
  close: () => void;
}

/** Serves the bare repositories below `folder` at `address`, by Git's own CGI program. */
export async function startGitHost(folder: string, address: string): Promise<GitHost> {
  const key = join(folder, 'tls.key');
  const certificate = join(folder, 'tls.crt');
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=git', '-addext', `subjectAltName=IP:${address}`, '-keyout', key, '-out', certificate],
  ]);
  const authority = await readFile(certificate, 'utf8');
  const server = createServer({ key: await readFile(key), cert: authority });
  serve(server, folder);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `https://${address}:${port}`, authority, close: () => void server.close() };
}

function serve(server: Server, folder: string): void {
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', 'https://git');
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    request.pipe(backend.stdin);
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      backend.stdout.off('data', onData);
      for (const line of head.subarray(0, end).toString().split('\r\n')) {
        const [name = '', ...value] = line.split(':');
        if (name === 'Status') response.statusCode = Number.parseInt(value.join(':'), 10);
        else response.setHeader(name, value.join(':').trim());
      }
      response.write(head.subarray(end + 4));
      backend.stdout.pipe(response);
    };
    backend.stdout.on('data', onData);
  });
}
