import type { Cluster } from '../../model/schema/cluster.ts';

/** A year in seconds: what the list of browsers that come by HTTPS alone asks for (hstspreload.org, 'Submission Requirements'). */
const year = 31_536_000;

/**
 * Tells browsers to come by HTTPS alone (RFC 6797): headers of an answer. Not on a laptop: a browser keeps it for a year, and
 * without the root of a cluster that is gone it would let nobody in.
 */
export function strictTransport({ provider }: Pick<Cluster, 'provider'>): Record<string, string> {
  return provider.kind === 'kind' ? {} : { 'Strict-Transport-Security': `max-age=${year}` };
}
