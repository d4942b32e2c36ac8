import { ApiObject, type Chart } from 'cdk8s';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { gateway, namespaceOf } from '../kube/names.ts';
import { strictTransport } from './strict-transport.ts';

/** Leads the host names of an app at the gateway to a port of its Service. */
export function route(chart: Chart, env: Environment, app: EnvironmentApp, port: number): void {
  const filters = strictTransport(env.cluster);
  new ApiObject(chart, `route-${app.name}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: app.name, namespace: namespaceOf(app) },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace, sectionName: gateway.https }],
      hostnames: app.hosts,
      rules: [
        {
          ...(filters.length > 0 ? { filters } : {}),
          backendRefs: [{ name: app.name, port }],
        },
      ],
    },
  });
}
