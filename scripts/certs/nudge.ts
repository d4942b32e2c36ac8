import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { ClusterClient } from '../cluster/client.ts';

/**
 * Makes the kubelet look at a pod's volumes now: it does so when the pod's object changes, and else once in a minute or
 * later. The annotation says when; nothing reads it.
 */
export async function nudge(client: ClusterClient, who: string): Promise<void> {
  const [namespace = '', name = ''] = who.split('/');
  const body = { metadata: { annotations: { 'plinth.io/looked-at': new Date().toISOString() } } };
  await client.core
    .patchNamespacedPod({ namespace, name, body }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch))
    // A pod that is gone by now needs no nudge, and one that could not be nudged is late and nothing worse.
    .catch(() => {});
}
