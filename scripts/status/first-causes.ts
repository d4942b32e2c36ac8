import type { KustomizationState } from './kustomization-states.ts';

/** A Kustomization that is not Ready by itself. */
export interface FirstCause {
  name: string;
  /** Flux's message. */
  message: string;
  /** Names of those that only wait for it, directly or through others. */
  waiting: string[];
}

/** The Kustomizations that others wait for, or that fail alone: most rows of a cluster that is not Ready say only that they wait. */
export function firstCauses(states: readonly KustomizationState[]): FirstCause[] {
  const unready = new Map(states.filter(({ ready }) => !ready).map((state) => [state.name, state]));
  const causes = new Map<string, FirstCause>();
  for (const state of unready.values()) {
    const root = rootOf(state, unready);
    const cause = causes.get(root.name) ?? { name: root.name, message: root.message, waiting: [] };
    if (root !== state) cause.waiting.push(state.name);
    causes.set(root.name, cause);
  }
  return [...causes.values()].sort((a, b) => b.waiting.length - a.waiting.length);
}

function rootOf(
  state: KustomizationState,
  unready: ReadonlyMap<string, KustomizationState>,
): KustomizationState {
  const seen = new Set<KustomizationState>();
  let at = state;
  while (at.waitsFor !== undefined && !seen.has(at)) {
    seen.add(at);
    const next = unready.get(at.waitsFor);
    // It became Ready meanwhile, or is not in the cluster: Flux's message says so.
    if (next === undefined) return at;
    at = next;
  }
  return at;
}
