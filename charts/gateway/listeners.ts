import type { Chart } from 'cdk8s';
import { gatewayPorts, gatewayTls } from '../../model/gateway.ts';
import { gatewayHosts } from '../../model/gateway-hosts.ts';
import type { Environment } from '../../model/graph.ts';
import { customResource, type FieldOf } from '../kube/custom-resource.ts';
import { gateway, routesLabel } from '../kube/names.ts';

/** Ports in the pod: the port of a Gateway listener must be that of an entry point of Traefik. */
export const listenerPorts = { http: 8000, https: 8443 } as const;

const space = gateway.namespace;

/**
 * The Gateway. Routes of apps attach to the listener `https` in every environment; a cloud load balancer that terminates TLS sends
 * plain HTTP to that listener.
 */
export function listeners(chart: Chart, env: Environment): void {
  customResource(chart, 'gateway', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: gateway.name, namespace: space },
    spec: {
      gatewayClassName: gateway.className,
      listeners: [
        {
          name: gateway.http,
          protocol: 'HTTP',
          port: listenerPorts.http,
          // Apps have no route here: nothing is served without TLS.
          allowedRoutes: { namespaces: { from: 'Same' } },
        },
        // Without a host there is nothing to serve and no name for a certificate.
        ...(gatewayHosts(env).length === 0 ? [] : [httpsListener(env)]),
      ],
    },
  });
}

function httpsListener({ cluster }: Environment): FieldOf<'Gateway', 'listeners'>[number] {
  const ends =
    gatewayTls(cluster) === 'balancer' ? undefined : { certificateRefs: [{ name: gateway.secret }] };
  return {
    name: gateway.https,
    protocol: ends === undefined ? 'HTTP' : 'HTTPS',
    port: listenerPorts.https,
    ...(ends === undefined ? {} : { tls: ends }),
    allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: routesLabel } } },
  };
}

/** Redirects every HTTP request to the same address with HTTPS. Routes with a host name take precedence. */
export function redirectToHttps(chart: Chart, env: Environment): void {
  customResource(chart, 'redirect-route', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'to-https', namespace: space },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: space, sectionName: gateway.http }],
      rules: [
        {
          filters: [
            {
              type: 'RequestRedirect',
              requestRedirect: {
                scheme: 'https',
                port: gatewayPorts(env.cluster).https,
                statusCode: 301,
              },
            },
          ],
        },
      ],
    },
  });
}
