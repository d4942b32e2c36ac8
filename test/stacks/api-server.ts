import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Keys of service accounts as an API server publishes them. */
export const publicKeys = {
  keys: [{ kty: 'RSA', kid: 'test', use: 'sig', alg: 'RS256', n: 'AQAB', e: 'AQAB' }],
};

/** Test equipment: answers for an API server at a port of the loopback, by TLS and to its administrator alone. */
export async function apiServer(
  name: string,
): Promise<{ port: number; kubeconfig: string; close: () => void }> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-api-'));
  try {
    await execa(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', '/CN=kubernetes-admin', '-addext', `subjectAltName=DNS:${name}`],
        ...['-keyout', 'key.pem', '-out', 'cert.pem'],
      ],
      { cwd: folder },
    );
    const cert = await readFile(join(folder, 'cert.pem'));
    const key = await readFile(join(folder, 'key.pem'));
    const server = createServer(
      { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        const found = request.url === '/openid/v1/jwks';
        response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
        response.end(JSON.stringify(found ? publicKeys : { message: 'not found' }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return {
      port: address.port,
      kubeconfig: kubeconfig(name, cert, key),
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As `npm run nodes -- apply` writes it: by address, with the name that the certificate has. */
function kubeconfig(name: string, cert: Buffer, key: Buffer): string {
  const certificate = cert.toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: 'https://192.0.2.1:6443',
          'tls-server-name': name,
          'certificate-authority-data': certificate,
        },
      },
    ],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate-data': certificate, 'client-key-data': key.toString('base64') },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  });
}
