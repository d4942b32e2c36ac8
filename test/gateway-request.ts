import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { GatewayAddress } from '../scripts/cluster/visit.ts';

/** Sends a request with headers and a body of its own to a host of the gateway; the status and the headers of the answer. */
export function sendTo(
  { host, address = '127.0.0.1', port, roots = [] }: GatewayAddress,
  asked: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  const { method = 'GET', path = '/', headers = {}, body } = asked;
  const to = { host: address, port, servername: host, agent: false, ca: [...roots], timeout: 10_000 };
  return new Promise((resolve, reject) => {
    const call = request(
      { ...to, method, path, headers: { host: `${host}:${port}`, ...headers } },
      (response) => {
        const { statusCode: status = 0, headers } = response;
        response.resume().once('end', () => resolve({ status, headers }));
      },
    );
    call.on('timeout', () => call.destroy(new Error(`${path}: no answer within 10 s`)));
    call.on('error', reject).end(body);
  });
}
