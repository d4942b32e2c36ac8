import { request } from 'node:https';

/** A host of the gateway, with its address and trusted CAs. */
export interface GatewayAddress {
  host: string;
  /** IP address of the gateway. Default: 127.0.0.1. */
  address?: string;
  /** HTTPS port. */
  port: number;
  /** CA certificates in PEM. Default: those that Node trusts. */
  roots?: readonly string[];
}

/**
 * Requests a path of a host like a browser: with HTTPS, and with the certificate verified for the host name.
 * Throws if it is not valid, or on a timeout.
 */
export function visit(
  { host, address = '127.0.0.1', port, roots }: GatewayAddress,
  path = '/',
  timeoutMs = 10_000,
): Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: address,
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
