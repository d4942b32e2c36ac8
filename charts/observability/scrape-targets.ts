import type { k8s } from 'cdk8s-plus-28';
import type { Environment } from '../../model/graph.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';
import { namespaceOf, podLabels } from '../kube/names.ts';
import { everyPodOf } from '../kube/network-policy.ts';

/** Metrics port of each instance of PostgreSQL (CloudNativePG, 'Monitoring'). */
export const postgresMetricsPort = 9187;

/** Pods whose metrics Prometheus reads, found by their labels in one namespace. */
export interface ScrapeTarget {
  /** Label `job` of its series: the app's name, `NAME-db`, or the workload's name. */
  job: string;
  namespace: string;
  labels: Record<string, string>;
  port: number;
  path: string;
  /** The operator for which Prometheus has a client certificate; absent for plain HTTP. */
  mutual?: string;
  /** The same pods in the form of a network policy. */
  peer: k8s.NetworkPolicyPeer;
}

/** Everything in the graph that has metrics: apps with `metrics`, their databases and operators. Sorted by job and port. */
export function scrapeTargets(env: Environment): ScrapeTarget[] {
  const apps = env.apps.flatMap((app) => {
    const port = app.metrics && app.ports[app.metrics.port]?.port;
    return app.metrics === undefined || port === undefined
      ? []
      : [target(app.name, namespaceOf(app), podLabels(app.name), port, { path: app.metrics.path })];
  });
  const databases = databasesOf(env).map(({ app }) => {
    const cluster = databaseCluster(app);
    return target(cluster, app, { 'cnpg.io/cluster': cluster }, postgresMetricsPort);
  });
  const operators = env.operators.flatMap(({ name, namespace, metrics }) =>
    metrics.map(({ workload, port, path, tls }) =>
      target(workload, namespace, podLabels(workload), port, {
        path,
        ...(tls === 'mutual' ? { mutual: name } : {}),
      }),
    ),
  );
  return [...apps, ...databases, ...operators].sort((a, b) =>
    a.job === b.job ? a.port - b.port : a.job < b.job ? -1 : 1,
  );
}

function target(
  job: string,
  namespace: string,
  labels: Record<string, string>,
  port: number,
  { path = '/metrics', mutual }: { path?: string; mutual?: string } = {},
): ScrapeTarget {
  const peer = { ...everyPodOf(namespace), podSelector: { matchLabels: labels } };
  return { job, namespace, labels, port, path, peer, ...(mutual === undefined ? {} : { mutual }) };
}
