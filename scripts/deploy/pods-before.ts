import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';

/** The pods of a cluster at one moment, by their UIDs. */
export type PodsBefore = ReadonlySet<string>;

/** The pods before a deploy; every other pod is new. */
export async function podsNow(client: ClusterClient): Promise<PodsBefore> {
  const { items } = await ask(client, 'pods', client.core.listPodForAllNamespaces());
  return new Set(items.map(({ metadata }) => metadata?.uid ?? ''));
}
