import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
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
  /** As many replicas of the newest version answer as are wanted. */
  healthy: boolean;
  /** Why it is not healthy; empty when it is. */
  message: string;
}

/**
 * Every app of this repository that runs on and on: Deployments and StatefulSets that the render labelled as part of Plinth and
 * gave a summary.
 */
export async function apps(client: ClusterClient): Promise<AppStatus[]> {
  const labelSelector = `app.kubernetes.io/part-of=${partOf}`;
  const [deployments, statefulSets] = await Promise.all([
    ask(client, 'Deployments', client.apps.listDeploymentForAllNamespaces({ labelSelector })),
    ask(client, 'StatefulSets', client.apps.listStatefulSetForAllNamespaces({ labelSelector })),
  ]);
  return [...deployments.items, ...statefulSets.items]
    .filter((item) => item.metadata?.annotations?.[annotations.summary] !== undefined)
    .map(readApp)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
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
