import type { V1CronJob, V1Deployment, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { annotations, partOf } from '../../charts/kube/names.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';
import { whyClosed } from '../deploy/roll-out.ts';

/** An app of this repository, with its state in a cluster. */
export interface AppStatus {
  name: string;
  namespace: string;
  summary: string;
  /** URL, then the addresses of its TCP and UDP ports; empty if it is not exposed. */
  url: string;
  /** Image of the first container. */
  image: string;
  /** Number of ready replicas, and the desired number. */
  ready: number;
  wanted: number;
  /** Schedule with its time zone, for a scheduled app: `30 2 * * * Europe/Berlin`. */
  schedule?: string;
  /** Whether all desired replicas of the newest version are ready. */
  healthy: boolean;
  /** Reason if it is not healthy; empty if it is. */
  message: string;
}

/**
 * Every app of this repository: Deployments, StatefulSets and CronJobs with the labels and the summary of the
 * render.
 */
export async function apps(client: ClusterClient): Promise<AppStatus[]> {
  const labelSelector = `app.kubernetes.io/part-of=${partOf}`;
  const [deployments, statefulSets, cronJobs, pods] = await Promise.all([
    ask(client, 'Deployments', client.apps.listDeploymentForAllNamespaces({ labelSelector })),
    ask(client, 'StatefulSets', client.apps.listStatefulSetForAllNamespaces({ labelSelector })),
    ask(client, 'CronJobs', client.batch.listCronJobForAllNamespaces({ labelSelector })),
    ask(client, 'Pods', client.core.listPodForAllNamespaces({ labelSelector })),
  ]);
  const hasSummary = ({ metadata }: V1Deployment | V1StatefulSet | V1CronJob) =>
    metadata?.annotations?.[annotations.summary] !== undefined;
  return [
    ...[...deployments.items, ...statefulSets.items]
      .filter(hasSummary)
      .map((workload) => readApp(workload, pods.items)),
    ...cronJobs.items.filter(hasSummary).map(readSchedule),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** State of an app from its Deployment or StatefulSet, and from the pods that are stopped for their errors. */
export function readApp(
  { metadata, spec, status }: V1Deployment | V1StatefulSet,
  pods: readonly V1Pod[] = [],
): AppStatus {
  const stopped = pods
    .filter((pod) => pod.metadata?.namespace === metadata?.namespace)
    .map((pod) => stoppedText(pod))
    .find((text) => text !== undefined);
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const current = status?.observedGeneration === metadata?.generation;
  const healthy =
    stopped === undefined && current && ready >= wanted && (status?.updatedReplicas ?? 0) >= wanted;
  const trouble =
    status?.conditions?.find(({ type, status: is }) => type === 'Progressing' && is === 'False') ??
    status?.conditions?.find(({ type, status: is }) => type === 'Available' && is === 'False');
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    summary: metadata?.annotations?.[annotations.summary] ?? '',
    url: [annotations.url, annotations.addresses]
      .flatMap((name) => metadata?.annotations?.[name] ?? [])
      .join(', '),
    image: spec?.template.spec?.containers[0]?.image ?? '',
    ready,
    wanted,
    healthy,
    message: healthy ? '' : (stopped ?? trouble?.message ?? 'a new version is rolling out'),
  };
}

function stoppedText({ metadata, status }: V1Pod): string | undefined {
  const reason = whyClosed(status?.conditions);
  return reason && `the new pod ${metadata?.name} gets no requests: ${reason}`;
}

/** State of a scheduled app: healthy unless its last run has failed. */
export function readSchedule({ metadata, spec, status }: V1CronJob): AppStatus {
  const last = status?.lastScheduleTime;
  const succeeded = status?.lastSuccessfulTime;
  const failed =
    last !== undefined &&
    (status?.active ?? []).length === 0 &&
    (succeeded === undefined || succeeded.getTime() < last.getTime());
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    summary: metadata?.annotations?.[annotations.summary] ?? '',
    url: '',
    image: spec?.jobTemplate.spec?.template.spec?.containers[0]?.image ?? '',
    ready: 0,
    wanted: 0,
    schedule: `${spec?.schedule ?? ''} ${spec?.timeZone ?? 'UTC'}`,
    healthy: !failed,
    message: failed ? `the run of ${last.toISOString()} failed` : '',
  };
}
