import { fetchOutside } from '../../images/fetch/index.ts';
import { reason } from '../cluster/request.ts';
import type { ReachResult } from './reach.ts';

/** What a server said, whatever it said. */
export interface WebAnswer extends ReachResult {
  status: number;
  /** Our clock minus the server's, in seconds. */
  offset?: number;
}

/** Asks an address, for three seconds at most; redirects are not followed, as any answer shows that the way is open. */
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

/** Image registries answer 200, or 401 where they require authentication (OCI distribution, 'Determining support'). */
export function isRegistry(status: number): boolean {
  return status === 200 || status === 401;
}

/** A file that is there, perhaps elsewhere. */
export function isFile(status: number): boolean {
  return status >= 200 && status < 400;
}
