import { ApiObject, type Chart } from 'cdk8s';
import { gateway } from '../kube/names.ts';

/** Leads a host name at the gateway to a port of a Service. */
export function route(chart: Chart, name: string, namespace: string, host: string, port: number): void {
  new ApiObject(chart, `route-${name}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace, sectionName: gateway.listener }],
      hostnames: [host],
      rules: [{ backendRefs: [{ name, port }] }],
    },
  });
}
