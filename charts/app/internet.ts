import type { k8s } from 'cdk8s-plus-28';
import type { App, Use } from '../../model/app.ts';
import { type Flow, pods } from '../kube/network-policy.ts';

/** Where the proxies of all apps run, each for one of them. */
export const egressNamespace = 'egress';

/** On which a proxy listens. */
export const egressPort = 3128;

/** The hosts that an app calls outside of the cluster, `name` or `name:port`; none where it calls none. */
export function internetHosts(app: Pick<App, 'uses'>): string[] {
  const uses = app.uses.filter((use): use is Use<'internet'> => use.kind === 'internet');
  return [...new Set(uses.flatMap(({ hosts }) => hosts))].sort();
}

/** The flow to the app's own proxy; the proxy knows the names, a NetworkPolicy only addresses. */
export function toInternet(app: Pick<App, 'name' | 'uses'>): Flow[] {
  if (internetHosts(app).length === 0) return [];
  return [{ peers: [pods(app.name, egressNamespace)], ports: [{ port: egressPort }] }];
}

/**
 * By which programs find the proxy: curl, Go, Python and others by HTTPS_PROXY, Node's own fetch and https where
 * NODE_USE_ENV_PROXY says so. What is in the cluster is called without it.
 */
export function proxyVariables(app: Pick<App, 'name' | 'uses'>): k8s.EnvVar[] {
  if (internetHosts(app).length === 0) return [];
  return [
    {
      name: 'HTTPS_PROXY',
      value: `http://${app.name}.${egressNamespace}.svc.cluster.local:${egressPort}`,
    },
    { name: 'NO_PROXY', value: 'localhost,127.0.0.1,.svc,.cluster.local,$(KUBERNETES_SERVICE_HOST)' },
    { name: 'NODE_USE_ENV_PROXY', value: '1' },
  ];
}
