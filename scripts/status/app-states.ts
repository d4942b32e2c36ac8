import type { V1CronJob, V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import { annotations, partOf } from '../../charts/kube/names.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';

/** An application of this repository as it runs in a cluster. */
export interface AppStatus {
  name: string;
  namespace: string;
  summary: string;
  /** Where it answers; empty where it is not exposed. */
  url: string;
  /** The first container's image. */
  image: string;
  /** Replicas that answer, of how many are wanted. */
  ready: number;
  wanted: number;
  /** When it runs, of an app that runs by the clock: `30 2 * * * Europe/Berlin`. */
  schedule?: string;
  /** As many replicas of the newest version answer as are wanted. */
  healthy: boolean;
  /** Why it is not healthy; empty when it is. */
  message: string;
}

/** Every app of this repository: Deployments, StatefulSets and CronJobs that the render labelled and gave a summary. */
export async function apps(client: ClusterClient): Promise<AppStatus[]> {
  const labelSelector = `app.kubernetes.io/part-of=${partOf}`;
  const [deployments, statefulSets, cronJobs] = await Promise.all([
    ask(client, 'Deployments', client.apps.listDeploymentForAllNamespaces({ labelSelector })),
    ask(client, 'StatefulSets', client.apps.listStatefulSetForAllNamespaces({ labelSelector })),
    ask(client, 'CronJobs', client.batch.listCronJobForAllNamespaces({ labelSelector })),
  ]);
  const hasSummary = ({ metadata }: V1Deployment | V1StatefulSet | V1CronJob) =>
    metadata?.annotations?.[annotations.summary] !== undefined;
  return [
    ...[...deployments.items, ...statefulSets.items].filter(hasSummary).map(readApp),
    ...cronJobs.items.filter(hasSummary).map(readSchedule),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a Deployment or a StatefulSet says about the app that it runs. */
export function readApp({ metadata, spec, status }: V1Deployment | V1StatefulSet): AppStatus {
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const current = status?.observedGeneration === metadata?.generation;
  const healthy = current && ready >= wanted && (status?.updatedReplicas ?? 0) >= wanted;
  const trouble =
    status?.conditions?.find(({ type, status: is }) => type === 'Progressing' && is === 'False') ??
    status?.conditions?.find(({ type, status: is }) => type === 'Available' && is === 'False');
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    summary: metadata?.annotations?.[annotations.summary] ?? '',
    url: metadata?.annotations?.[annotations.url] ?? '',
    image: spec?.template.spec?.containers[0]?.image ?? '',
    ready,
    wanted,
    healthy,
    message: healthy ? '' : (trouble?.message ?? 'a new version is rolling out'),
  };
}

/** What a CronJob says: it is healthy unless its last run has ended and did not succeed. */
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
