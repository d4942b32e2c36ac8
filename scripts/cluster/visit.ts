import { request } from 'node:https';

/** A host of the gateway, its address on this machine's loopback, and its trusted CAs. */
export interface GatewayAddress {
  host: string;
  /** Port of HTTPS. */
  port: number;
  /** Roots in PEM. Default: those that Node trusts. */
  roots?: readonly string[];
}

/**
 * Asks a path of a host as a browser does: by HTTPS, with the certificate checked against the name. Throws where it is
 * not valid, or where nothing answers within the timeout.
 */
export function visit(
  { host, port, roots }: GatewayAddress,
  path = '/',
  timeoutMs = 10_000,
): Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        servername: host,
        headers: { host: `${host}:${port}` },
        agent: false,
        timeout: timeoutMs,
        ...(roots === undefined ? {} : { ca: [...roots] }),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        );
      },
    );
    call.on('timeout', () => call.destroy(new Error(`${path}: no answer within ${timeoutMs / 1000} s`)));
    call.on('error', reject);
    call.end();
  });
}
