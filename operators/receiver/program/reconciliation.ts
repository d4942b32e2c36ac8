import { type KubernetesPlace, patch } from './kubernetes.ts';

/** Asks Flux to reconcile an object now (Flux, 'Reconcile request'). @throws Error if the API server refuses or is away. */
export async function requestReconciliation(place: KubernetesPlace, path: string): Promise<void> {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() };
  await patch(place, path, { kind: 'merge', manager: 'receiver', body: { metadata: { annotations } } });
}
