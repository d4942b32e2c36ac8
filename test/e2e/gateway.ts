import { createHash, type X509Certificate } from 'node:crypto';
import { get as getPlainly } from 'node:http';
import { connect } from 'node:tls';
import { expect } from 'vitest';
import { certificatesIn } from '../../apps/kit/pem.ts';
import { gatewayRoots } from '../../scripts/cluster/authority-roots.ts';
import { clusterClient } from '../../scripts/cluster/client.ts';
import { type GatewayAddress, visit } from '../../scripts/cluster/visit.ts';

/** A host of a cluster's gateway with the roots of that cluster. */
export async function gatewayPlace(cluster: string, host: string, port: number): Promise<GatewayAddress> {
  return { host, port, roots: await gatewayRoots(clusterClient(cluster)) };
}

/** The certificate that the gateway shows for a host, once it has been checked against the roots and the name. */
export function shownCertificate({ host, port, roots = [] }: GatewayAddress): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca: [...roots] }, () => {
      const shown = socket.getPeerX509Certificate();
      socket.destroy();
      if (shown === undefined) reject(new Error(`${host} showed no certificate`));
      else resolve(shown);
    });
    socket.on('error', reject);
  });
}

/** What Chromium knows a certificate's key by. */
export function keyHash({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

/** The answer of a host over HTTP, and its redirect target. */
export function answerByHttp(
  host: string,
  port: number,
  path: string,
): Promise<{ status?: number | undefined; to?: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${port}` };
    getPlainly({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, to: response.headers.location });
    }).on('error', reject);
  });
}

/** HTTP leads to the same address by HTTPS; HTTPS has a certificate of the environment's CA, which is bound to its domain. */
export async function servesByHttps(place: GatewayAddress, httpPort: number, domain: string): Promise<void> {
  const { host, port, roots = [] } = place;
  const redirect = await answerByHttp(host, httpPort, '/some/path?a=b');
  expect(redirect).toEqual({ status: 301, to: `https://${host}:${port}/some/path?a=b` });

  const answer = await visit(place);
  expect(answer.status).toBe(200);
  expect(answer.headers['strict-transport-security']).toBeUndefined();
  await expect(visit({ host, port })).rejects.toThrow(/certificate/);

  const [root, ...others] = roots.flatMap(certificatesIn);
  expect(others).toEqual([]);
  expect(root?.ca).toBe(true);
  // Node has no words for this extension: its bytes hold the domain as it is (RFC 5280, section 4.2.1.10).
  expect(root?.raw.includes(Buffer.from(domain))).toBe(true);
  expect((await shownCertificate(place)).subjectAltName).toContain(`DNS:${host}`);
}
