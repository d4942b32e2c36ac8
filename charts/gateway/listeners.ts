import { ApiObject, type Chart } from 'cdk8s';
import { gatewayPorts, gatewayTls } from '../../model/gateway.ts';
import { gatewayHosts } from '../../model/gateway-hosts.ts';
import type { Environment } from '../../model/graph.ts';
import { gateway, routesLabel } from '../kube/names.ts';

/** Ports in the pod: a listener of a Gateway must have the port of an entry point of Traefik. */
export const listenerPorts = { http: 8000, https: 8443 } as const;

const space = gateway.namespace;

/**
 * The Gateway. Apps are attached to `https` in every environment; where the cloud's balancer ends TLS, it passes plain
 * HTTP on to that listener.
 */
export function listeners(chart: Chart, env: Environment): void {
  new ApiObject(chart, 'gateway', {
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
          // Nothing is served without TLS: apps have no route here.
          allowedRoutes: { namespaces: { from: 'Same' } },
        },
        // Without a host there is nothing to serve, and no name for a certificate.
        ...(gatewayHosts(env).length === 0 ? [] : [httpsListener(env)]),
      ],
    },
  });
}

function httpsListener({ cluster }: Environment): object {
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

/** Leads every visitor who comes by HTTP to the same address by HTTPS. Routes with a host name come before it. */
export function redirectToHttps(chart: Chart, env: Environment): void {
  new ApiObject(chart, 'redirect-route', {
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
