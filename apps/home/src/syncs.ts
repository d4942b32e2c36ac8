import type { Kustomization, Workload } from './objects.ts';
import { condition, type Finding, inOrder, type Mood, shortImage, shortRevision } from './reading.ts';
import { rollout } from './rollout.ts';
import { type Snapshot, workloads } from './snapshot.ts';

/** A Kustomization of Flux: a part of the platform. */
export interface SyncState extends Finding {
  name: string;
  /** Flux's reason in one word: `HealthCheckFailed`. */
  reason: string;
  /** Images of its workloads: `traefik:v3.6.12`; empty without workloads. */
  images: string[];
  /** The applied revision: `main@0123abcd`; empty before the first. */
  revision: string;
  /** Whether the newest revision of the manifests is applied; undefined if it reads another source. */
  newest: boolean | undefined;
}

/** The Kustomizations on the page. `revision` is the last fetched one, in Flux's format. */
export function syncStates(snapshot: Snapshot, revision: string): SyncState[] {
  const published = [...snapshot.kustomizations.items.values()]
    .map(({ metadata }) => metadata.annotations?.['plinth.io/published-revision'])
    .find((each) => each !== undefined);
  return inOrder(snapshot.kustomizations.items.values()).map((kustomization) => {
    const { metadata, status } = kustomization;
    const ready = condition(status?.conditions, 'Ready');
    const running = workloads(snapshot).filter(
      ({ metadata: { labels } }) => labels?.['kustomize.toolkit.fluxcd.io/name'] === metadata.name,
    );
    const applied = status?.lastAppliedRevision ?? '';
    const newest = isNewest(kustomization, { revision, published });
    return {
      name: metadata.name,
      reason: ready?.reason ?? '',
      ...(failing(running, snapshot) ?? told(kustomization, newest)),
      images: [...new Set(running.flatMap(imagesOf))].sort(),
      revision: shortRevision(applied),
      newest,
    };
  });
}

/**
 * Whether a Kustomization has applied the newest revision of the manifests, or its artifact of that revision; undefined if it reads another
 * source. Another artifact is another generation.
 */
function isNewest(
  { metadata, spec, status }: Kustomization,
  { revision, published }: { revision: string; published: string | undefined },
): boolean | undefined {
  const kind = spec?.sourceRef?.kind ?? 'GitRepository';
  if (revision === '') return undefined;
  if (kind === 'GitRepository') return status?.lastAppliedRevision === revision;
  if (kind !== 'ExternalArtifact') return undefined;
  return published === revision && status?.observedGeneration === metadata.generation;
}

/**
 * Problems of the platform's own workloads; apps report theirs. Flux would report them only after five
 * minutes.
 */
function failing(running: Workload[], { pods, warnings }: Snapshot): Finding | undefined {
  return running
    .filter(({ metadata }) => metadata.annotations?.['plinth.io/summary'] === undefined)
    .map((workload) => rollout(workload, pods.items.values(), warnings.items.values()))
    .find((finding) => finding?.mood === 'bad');
}

function imagesOf({ spec }: Workload): string[] {
  return (spec?.template?.spec?.containers ?? []).map(({ image }) => shortImage(image ?? ''));
}

function told(kustomization: Kustomization, newest: boolean | undefined): Finding {
  const { metadata, status } = kustomization;
  const mood = moodOf(kustomization);
  if (mood === 'good' && newest === false) {
    return { mood: 'working', message: 'The newest revision is not applied yet.', since: '' };
  }
  const command = `kubectl --namespace ${metadata.namespace} describe kustomization ${metadata.name}`;
  return {
    mood,
    message: message(kustomization, mood),
    since: condition(status?.conditions, 'Ready')?.lastTransitionTime ?? '',
    ...(mood === 'bad' ? { more: { command, events: [] } } : {}),
  };
}

function moodOf({ metadata, spec, status }: Kustomization): Mood {
  if (spec?.suspend) return 'paused';
  const ready = condition(status?.conditions, 'Ready');
  const current = status?.observedGeneration === metadata.generation;
  if (!current || !ready) return 'working';
  if (ready.status === 'True') return 'good';
  // It waits for another Kustomization, which reports the problem itself, or for its artifact.
  if (ready.reason === 'DependencyNotReady') return 'working';
  if (ready.reason === 'ArtifactFailed' && spec?.sourceRef?.kind === 'ExternalArtifact') return 'working';
  if (ready.status === 'False') return 'bad';
  // Unknown: Flux is reconciling. A repeated reconciliation of an applied revision changes nothing.
  const again = status?.lastAppliedRevision && status.lastAppliedRevision === status.lastAttemptedRevision;
  return again ? 'good' : 'working';
}

function message({ status }: Kustomization, mood: Mood): string {
  if (mood === 'good') return '';
  if (mood === 'paused') return 'Suspended: changes in Git are not applied.';
  return condition(status?.conditions, 'Ready')?.message ?? 'Flux has not processed it yet.';
}
