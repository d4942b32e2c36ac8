import type { Cluster } from '../../model/schema/cluster.ts';

/** One year in seconds, the minimum of the browsers' preload list (hstspreload.org, 'Submission Requirements'). */
const year = 31_536_000;

/**
 * Response header that tells browsers to use HTTPS only (RFC 6797). Not on a laptop: a browser keeps it for a year and would refuse
 * the next cluster, whose root it does not trust.
 */
export function strictTransport({ provider }: Pick<Cluster, 'provider'>): Record<string, string> {
  return provider.kind === 'kind' ? {} : { 'Strict-Transport-Security': `max-age=${year}` };
}
