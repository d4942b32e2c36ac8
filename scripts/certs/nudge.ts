import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { ClusterClient } from '../cluster/client.ts';

/**
 * Makes the kubelet refresh a pod's volumes now: it does so when the pod's object changes, otherwise once a
 * minute or later. The annotation has the time; nothing reads it.
 */
export async function nudge(client: ClusterClient, who: string): Promise<void> {
  const [namespace = '', name = ''] = who.split('/');
  const body = { metadata: { annotations: { 'plinth.io/looked-at': new Date().toISOString() } } };
  await client.core
    .patchNamespacedPod({ namespace, name, body }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch))
    // The pod may be gone, which is fine; without the nudge the refresh is only later.
    .catch(() => {});
}
