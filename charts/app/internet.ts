import type { k8s } from 'cdk8s-plus-28';
import type { App, Use } from '../../model/app.ts';
import { type Flow, pods } from '../kube/network-policy.ts';

/** Namespace of the egress proxies; each app that calls the internet has a proxy of its own. */
export const egressNamespace = 'egress';

/** Port on which a proxy listens. */
export const egressPort = 3128;

/** The hosts outside of the cluster that an app calls, as `name` or `name:port`. */
export function internetHosts(app: Pick<App, 'uses'>): string[] {
  const uses = app.uses.filter((use): use is Use<'internet'> => use.kind === 'internet');
  return [...new Set(uses.flatMap(({ hosts }) => hosts))].sort();
}

/** The flow to the app's own proxy: the proxy checks host names, a NetworkPolicy can check addresses only. */
export function toInternet(app: Pick<App, 'name' | 'uses'>): Flow[] {
  if (internetHosts(app).length === 0) return [];
  return [{ peers: [pods(app.name, egressNamespace)], ports: [{ port: egressPort }] }];
}

/**
 * Variables by which programs find the proxy: curl, Go, Python and others read HTTPS_PROXY; Node's own fetch and https also need
 * NODE_USE_ENV_PROXY. Calls inside the cluster bypass the proxy.
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
