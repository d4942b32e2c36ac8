import type { SyncState } from './syncs.ts';

/**
 * `flux_kustomization_ready` for each Kustomization: 0 if it fails. Flux's own metrics count failures of all of them together. One that is
 * suspended, or waits for another one that fails, is no fault of its own.
 */
export function syncExposition(syncs: readonly Pick<SyncState, 'name' | 'mood'>[]): string {
  const name = 'flux_kustomization_ready';
  return [
    `# HELP ${name} Whether a Kustomization of Flux does not fail.`,
    `# TYPE ${name} gauge`,
    ...syncs.map((sync) => `${name}{name="${sync.name}"} ${sync.mood === 'bad' ? 0 : 1}`),
    '',
  ].join('\n');
}
