import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';
import { kustomizationApi } from './request-reconciliation.ts';

/** Flux's Kustomizations by name. */
export type Kustomizations = ReadonlyMap<string, WatchedObject>;

/** The Kustomizations of a cluster at this moment. */
export async function kustomizationsNow(client: ClusterClient): Promise<Kustomizations> {
  const listed = client.custom.listNamespacedCustomObject(kustomizationApi);
  const { items } = await ask(client, 'Kustomizations', listed);
  return new Map((items as WatchedObject[]).map((object) => [object.metadata.name, object]));
}
