import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { ClusterClient } from '../cluster/client.ts';

/** Flux's Kustomizations at the API server. */
export const kustomizationApi = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  namespace: 'flux-system',
  plural: 'kustomizations',
} as const;

/** Asks Flux to reconcile a Kustomization now. `at` comes back as `lastHandledReconcileAt`. Default: the current time. */
export async function requestReconciliation(
  client: ClusterClient,
  name: string,
  at = new Date().toISOString(),
): Promise<void> {
  const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': at } } };
  await client.custom.patchNamespacedCustomObject(
    { ...kustomizationApi, name, body },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}
