import type { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';
import type { Environment } from '../../model/graph.ts';
import { namespaceOf } from '../kube/names.ts';
import { type Flow, pods } from '../kube/network-policy.ts';
import { ports, serviceName } from './endpoints.ts';
import { runs } from './observed.ts';

const prometheus = 'prometheus';

/** An app's edge to metrics, `uses: [{ kind: 'metrics' }]`; undefined if no Prometheus runs. */
function reads(env: Environment, app: Pick<App, 'uses'>): boolean {
  return runs(env, prometheus) && app.uses.some(({ kind }) => kind === 'metrics');
}

/** Variables with the address of Prometheus. */
export function metricsVariables(env: Environment, app: App): k8s.EnvVar[] {
  if (!reads(env, app)) return [];
  return [{ name: 'METRICS_URL', value: `http://${serviceName(prometheus)}:${ports.metrics}` }];
}

/** Flow from the app to Prometheus. */
export function toMetrics(env: Environment, app: App): Flow[] {
  return reads(env, app) ? [{ peers: [pods(prometheus, prometheus)], ports: [{ port: ports.metrics }] }] : [];
}

/** Flows from the clients of Prometheus: Grafana and the apps with that edge. */
export function metricsReaders(env: Environment): k8s.NetworkPolicyPeer[] {
  return [
    ...(runs(env, 'grafana') ? [pods('grafana', 'grafana')] : []),
    ...env.apps.filter((app) => reads(env, app)).map((app) => pods(app.name, namespaceOf(app))),
  ];
}
