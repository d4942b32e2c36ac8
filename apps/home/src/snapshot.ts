import type { ApiServer } from './api.ts';
import { type Collection, watchKind } from './collection.ts';
import type {
  Certificate,
  CronJob,
  GitRepository,
  HttpRoute,
  KubeObject,
  Kustomization,
  Node,
  Pod,
  Warning,
  Workload,
} from './objects.ts';

/** All objects that the page shows; each kind has its own watch. */
export interface Snapshot {
  nodes: Collection<Node>;
  deployments: Collection<Workload>;
  statefulSets: Collection<Workload>;
  schedules: Collection<CronJob>;
  pods: Collection<Pod>;
  kustomizations: Collection<Kustomization>;
  gitRepositories: Collection<GitRepository>;
  routes: Collection<HttpRoute>;
  certificates: Collection<Certificate>;
  warnings: Collection<Warning>;
}

/** Starts the watches, which end with the signal. */
export function watchCluster(
  api: ApiServer,
  onChange: () => void,
  signal: AbortSignal,
  retryMs?: number,
): Snapshot {
  const watch = <T extends KubeObject>(path: string): Collection<T> =>
    watchKind<T>(api, path, onChange, signal, retryMs);
  const ours = '?labelSelector=app.kubernetes.io%2Fpart-of%3Dplinth';
  return {
    nodes: watch('/api/v1/nodes'),
    deployments: watch(`/apis/apps/v1/deployments${ours}`),
    statefulSets: watch(`/apis/apps/v1/statefulsets${ours}`),
    schedules: watch(`/apis/batch/v1/cronjobs${ours}`),
    pods: watch(`/api/v1/pods${ours}`),
    kustomizations: watch('/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations'),
    gitRepositories: watch('/apis/source.toolkit.fluxcd.io/v1/gitrepositories'),
    routes: watch('/apis/gateway.networking.k8s.io/v1/httproutes'),
    certificates: watch('/apis/cert-manager.io/v1/certificates'),
    warnings: watch('/api/v1/events?fieldSelector=type%3DWarning'),
  };
}

/** All long-running workloads. */
export function workloads({ deployments, statefulSets }: Snapshot): Workload[] {
  return [...deployments.items.values(), ...statefulSets.items.values()];
}

/** Whether the API server has answered for every kind. */
export function answered(snapshot: Snapshot): boolean {
  return Object.values(snapshot).every((collection) => collection.answered);
}
