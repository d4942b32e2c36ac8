import type { Chart } from 'cdk8s';
import type { Environment } from '../../model/graph.ts';
import { customResource } from '../kube/custom-resource.ts';
import { gateway } from '../kube/names.ts';
import { strictTransport } from './strict-transport.ts';

/** Routes a host at the gateway to the Service of an operator, whose namespace has the operator's name. */
export function platformRoute(
  chart: Chart,
  env: Environment,
  {
    name,
    host,
    port,
    service = name,
  }: { name: string; host: string; port: number /** Default: the name. */; service?: string },
): void {
  const set = Object.entries(strictTransport(env.cluster)).map(([header, value]) => ({
    name: header,
    value,
  }));
  const filters = [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set } }];
  customResource(chart, `route-${name}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: name },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace, sectionName: gateway.https }],
      hostnames: [host],
      rules: [{ ...(set.length > 0 ? { filters } : {}), backendRefs: [{ name: service, port }] }],
    },
  });
}
