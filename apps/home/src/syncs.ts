import type { Kustomization } from './objects.ts';
import { condition, type Finding, inOrder, type Mood, shortRevision } from './reading.ts';

/** A Flux Kustomization: a part of the platform that is kept as Git says. */
export interface SyncState extends Finding {
  name: string;
  /** Why, in one word of Flux's: `HealthCheckFailed`. */
  reason: string;
  /** What is applied: `main@0123abcd`; empty before the first time. */
  revision: string;
}

/** What the page shows of the Kustomizations. */
export function syncStates(kustomizations: Iterable<Kustomization>): SyncState[] {
  return inOrder(kustomizations).map((kustomization) => {
    const ready = condition(kustomization.status?.conditions, 'Ready');
    const mood = moodOf(kustomization);
    return {
      name: kustomization.metadata.name,
      reason: ready?.reason ?? '',
      mood,
      message: message(kustomization, mood),
      since: ready?.lastTransitionTime ?? '',
      revision: shortRevision(kustomization.status?.lastAppliedRevision ?? ''),
    };
  });
}

function moodOf({ metadata, spec, status }: Kustomization): Mood {
  if (spec?.suspend) return 'paused';
  const ready = condition(status?.conditions, 'Ready');
  const current = status?.observedGeneration === metadata.generation;
  if (!current || !ready) return 'working';
  if (ready.status === 'True') return 'good';
  // It waits for another one, which says itself what is wrong.
  if (ready.reason === 'DependencyNotReady') return 'working';
  if (ready.status === 'False') return 'bad';
  // Unknown: Flux is at it. Where it only looks again at what it has applied already, nothing changes.
  const again = status?.lastAppliedRevision && status.lastAppliedRevision === status.lastAttemptedRevision;
  return again ? 'good' : 'working';
}

function message({ status }: Kustomization, mood: Mood): string {
  if (mood === 'good') return '';
  if (mood === 'paused') return 'Suspended: changes in Git are not applied.';
  return condition(status?.conditions, 'Ready')?.message ?? 'Flux has not looked at it yet.';
}
