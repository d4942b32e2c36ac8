import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';

/** The pods of a cluster at one moment, by their UIDs. */
export type PodsBefore = ReadonlySet<string>;

/** The pods that there are before a deploy: every other one is new. */
export async function podsNow(client: ClusterClient): Promise<PodsBefore> {
  const { items } = await ask(client, 'pods', client.core.listPodForAllNamespaces());
  return new Set(items.map(({ metadata }) => metadata?.uid ?? ''));
}
