import type { Deployment, Warning } from './objects.ts';
import { condition, type Finding } from './reading.ts';

/** What keeps a Deployment from running as wanted; nothing when it does. */
export function rollout(deployment: Deployment, warnings: Iterable<Warning>): Finding | undefined {
  const { metadata, spec, status } = deployment;
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const current = status?.observedGeneration === metadata.generation;
  if (wanted === 0) return { mood: 'paused', message: 'Scaled to no replicas.', since: '' };
  if (current && ready >= wanted && (status?.updatedReplicas ?? 0) >= wanted) return undefined;

  const progress = condition(status?.conditions, 'Progressing');
  const available = condition(status?.conditions, 'Available');
  const warning = worst(metadata, warnings, progress?.lastUpdateTime ?? metadata.creationTimestamp ?? '');
  const stuck = progress?.status === 'False';
  // It had rolled out completely and has no replica left that answers.
  const down = current && ready === 0 && progress?.reason === 'NewReplicaSetAvailable';
  // A probe may fail while a new version starts; anything else that Kubernetes warns of stops it.
  const hindered = warning !== undefined && warning.reason !== 'Unhealthy';
  if (stuck || down || hindered) {
    const what = down ? 'No replica answers.' : 'The new version does not start.';
    return {
      mood: 'bad',
      message: [what, warning?.message ?? (stuck ? progress.message : undefined)].filter(Boolean).join(' '),
      since: (down ? available?.lastTransitionTime : progress?.lastUpdateTime) ?? '',
    };
  }
  return { mood: 'working', message: `${ready} of ${wanted} replicas answer.`, since: '' };
}

/** The newest warning about the Deployment, its ReplicaSets or its pods: their names begin with its own. */
function worst(
  { name, namespace }: Deployment['metadata'],
  warnings: Iterable<Warning>,
  after: string,
): Warning | undefined {
  const ours = [...warnings]
    .filter(
      ({ involvedObject: about }) => about?.namespace === namespace && isPartOf(about?.name ?? '', name),
    )
    .filter((warning) => seen(warning) >= after)
    .sort((a, b) => (seen(a) < seen(b) ? 1 : -1));
  return ours.find(saysWhy) ?? ours[0];
}

/** 'Back-off restarting …' and 'Error: ImagePullBackOff' only repeat that something failed before. */
function saysWhy({ reason, message }: Warning): boolean {
  return reason !== 'BackOff' && !/^Error: \w+$/.test(message ?? '');
}

function isPartOf(object: string, deployment: string): boolean {
  return object === deployment || object.startsWith(`${deployment}-`);
}

/** When it was seen last. RFC 3339 times in UTC compare as text. */
function seen({ series, lastTimestamp, eventTime, metadata }: Warning): string {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}
