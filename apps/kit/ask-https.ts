import { request } from 'node:https';
import type { Identity } from './identity.ts';

const patienceMs = 2_000;
const mostBytes = 256 * 1024;

/** Asks a server over mutual TLS, on a connection of its own; at most 256 KiB within two seconds. */
export function askHttps(
  address: URL,
  { cert, key, roots }: Pick<Identity, 'cert' | 'key' | 'roots'>,
  method: 'GET' | 'DELETE' = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    const options = { method, cert, key, ca: roots, agent: false, signal: AbortSignal.timeout(patienceMs) };
    const asked = request(address, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostBytes)
          asked.destroy(new Error(`${address.host} answers more than ${mostBytes} bytes`));
        chunks.push(chunk);
      });
      response.once('error', fail);
      response.once('end', () =>
        done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    asked.once('error', fail);
    asked.end();
  });
}
