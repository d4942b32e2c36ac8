import { fetchOutside } from '../../images/fetch/index.ts';
import { reason } from '../cluster/request.ts';
import type { ReachResult } from './reach.ts';

/** The response of a server, with any status. */
export interface WebAnswer extends ReachResult {
  status: number;
  /** This clock minus the server's, in seconds. */
  offset?: number;
}

/**
 * Requests an address, with a time-out of three seconds; redirects are not followed, because any response
 * proves that the server is reachable.
 */
export async function askWeb(url: string, accepts: (status: number) => boolean): Promise<WebAnswer> {
  const place = new URL(url).host;
  try {
    const response = await fetchOutside(url, { signal: AbortSignal.timeout(3_000), redirect: 'manual' });
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    const offset = Number.isNaN(date) ? {} : { offset: (Date.now() - date) / 1_000 };
    const reached = accepts(response.status);
    return {
      place,
      reached,
      status: response.status,
      ...(reached ? {} : { why: `HTTP ${response.status}` }),
      ...offset,
    };
  } catch (error) {
    return { place, reached: false, status: 0, why: reason(error) };
  }
}

/**
 * Image registries answer 200, or 401 if they require authentication (OCI distribution, 'Determining
 * support').
 */
export function isRegistry(status: number): boolean {
  return status === 200 || status === 401;
}

/** Status of an existing file, possibly after a redirect. */
export function isFile(status: number): boolean {
  return status >= 200 && status < 400;
}
