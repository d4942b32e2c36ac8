import type { Pod, Warning, Workload } from './objects.ts';
import { newestTrouble, type PodTrouble } from './pods.ts';
import { condition, type Finding, plain } from './reading.ts';
import { lastEvents, tellingWarning, warningsAbout } from './warnings.ts';

/** The problem or progress of a Deployment or StatefulSet. */
export function rollout(
  workload: Workload,
  pods: Iterable<Pod>,
  warnings: Iterable<Warning>,
): Finding | undefined {
  const { metadata, spec, status } = workload;
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  if (wanted === 0) return { mood: 'paused', message: 'Scaled to no replicas.', since: '' };
  if (isComplete(workload, wanted)) return undefined;

  const progress = condition(status?.conditions, 'Progressing');
  const available = condition(status?.conditions, 'Available');
  const began = progress?.lastUpdateTime ?? metadata.creationTimestamp ?? '';
  const about = warningsAbout(metadata, warnings, began);
  const warning = tellingWarning(about);
  const trouble = newestTrouble(podsOf(workload, pods));
  const current = status?.observedGeneration === metadata.generation;
  // It had rolled out completely, so the running version fails, not a new one.
  const ran = current && (progress?.reason === 'NewReplicaSetAvailable' || isOneVersion(workload));
  const stuck = progress?.status === 'False';
  const down = ran && ready === 0;
  // A probe may fail while a new version starts; any other warning blocks it.
  const hindered = trouble !== undefined || (warning !== undefined && warning.reason !== 'Unhealthy');

  const why =
    trouble?.message ?? (warning && plain(warning.message ?? '')) ?? (stuck ? progress.message : undefined);
  if (stuck || down || hindered) {
    return {
      mood: 'bad',
      message: [how(ran, ready, wanted), why].filter(Boolean).join(' '),
      since: (ran ? available?.lastTransitionTime : progress?.lastUpdateTime) ?? '',
      more: {
        command: command(workload, trouble),
        events: lastEvents(about, trouble?.words || why),
      },
    };
  }
  return {
    mood: 'working',
    message: [starting(ran, ready, wanted), why].filter(Boolean).join(' '),
    since: '',
  };
}

/** For a StatefulSet: whether the running version is the desired one. */
function isOneVersion({ status }: Workload): boolean {
  return status?.currentRevision !== undefined && status.currentRevision === status.updateRevision;
}

/**
 * As in `kubectl rollout status`: every replica has this version and is available, and no other replica is
 * left.
 */
function isComplete({ metadata, status }: Workload, wanted: number): boolean {
  const updated = status?.updatedReplicas ?? 0;
  return (
    status?.observedGeneration === metadata.generation &&
    updated >= wanted &&
    (status?.replicas ?? 0) <= updated &&
    (status?.readyReplicas ?? 0) >= wanted
  );
}

function podsOf({ metadata, spec }: Workload, pods: Iterable<Pod>): Pod[] {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return [...pods].filter(
    (pod) =>
      pod.metadata.namespace === metadata.namespace &&
      labels.length > 0 &&
      labels.every(([name, value]) => pod.metadata.labels?.[name] === value),
  );
}

function how(ran: boolean, ready: number, wanted: number): string {
  if (ran) return ready === 0 ? 'No replica answers.' : `Only ${ready} of ${wanted} replicas answer.`;
  return ready === 0
    ? 'The new version does not start.'
    : 'The new version does not start; the previous one still answers.';
}

function starting(ran: boolean, ready: number, wanted: number): string {
  if (ran || ready === 0) return `${ready} of ${wanted} replicas answer.`;
  return 'The new version is starting; the previous one still answers.';
}

function command({ metadata, spec }: Workload, trouble: PodTrouble | undefined): string {
  const kubectl = `kubectl --namespace ${metadata.namespace}`;
  if (trouble?.ends) return `${kubectl} logs ${trouble.pod} --previous`;
  if (trouble) return `${kubectl} describe pod ${trouble.pod}`;
  const kind = spec?.serviceName === undefined ? 'deployment' : 'statefulset';
  return `${kubectl} describe ${kind} ${metadata.name}`;
}
