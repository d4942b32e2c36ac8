import type { Chart } from 'cdk8s';
import { gatewayPorts } from '../../model/gateway.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { signInPorts, signInProxy } from '../../model/people.ts';
import type { Exposes } from '../../model/schema/exposes.ts';
import { customResource, type FieldOf } from '../kube/custom-resource.ts';
import { gateway, namespaceOf } from '../kube/names.ts';
import { middleware, type RouteFilter } from './middleware.ts';
import { strictTransport } from './strict-transport.ts';

/** Routes the host names of an app at the gateway to ports of its Service; `portNumber` returns a port by its name. */
export function route(
  chart: Chart,
  env: Environment,
  app: EnvironmentApp,
  exposes: Exposes,
  portNumber: (name: string) => number,
): void {
  const backend = (port: string) => ({ name: app.name, port: portNumber(port) });
  routeTo(chart, env, { app, exposes, namespace: namespaceOf(app), backend });
}

/** The same for an app that needs a sign-in: all requests go to the proxy, and the route is in the proxy's namespace. */
export function signInRoute(chart: Chart, env: Environment, app: EnvironmentApp, exposes: Exposes): void {
  const backend = () => ({ name: signInProxy, port: signInPorts.visitors });
  routeTo(chart, env, { app, exposes: { ...exposes, paths: {} }, namespace: signInProxy, backend });
}

interface Routed {
  app: EnvironmentApp;
  exposes: Exposes;
  /** Namespace of the route and of the Services behind it. */
  namespace: string;
  /** The Service that answers for a port of the app. */
  backend(port: string): { name: string; port: number };
}

function routeTo(chart: Chart, env: Environment, { app, exposes, namespace, backend }: Routed): void {
  const filters = [...headerFilters(env, exposes), ...middleware(chart, app, exposes, namespace)];
  const serve = (port: string) => ({
    ...(filters.length > 0 ? { filters } : {}),
    backendRefs: [backend(port)],
  });
  const apiVersion = 'gateway.networking.k8s.io/v1';
  const metadata = { name: app.name, namespace };
  const parentRefs = [{ name: gateway.name, namespace: gateway.namespace, sectionName: gateway.https }];
  const spec = { parentRefs, hostnames: app.hosts };
  if (exposes.protocol === 'grpc') {
    // Without paths and redirects: model/checks refuses them for gRPC.
    const rules = [serve(exposes.port)];
    customResource(chart, `route-${app.name}`, {
      apiVersion,
      kind: 'GRPCRoute',
      metadata,
      spec: { ...spec, rules },
    });
    return;
  }
  const paths = Object.entries(exposes.paths).map(
    ([value, port]): Rule => ({ matches: [{ path: { type: 'PathPrefix', value } }], ...serve(port) }),
  );
  const rules = [...redirects(env, exposes), ...paths, serve(exposes.port)];
  customResource(chart, `route-${app.name}`, {
    apiVersion,
    kind: 'HTTPRoute',
    metadata,
    spec: { ...spec, rules },
  });
}

type Rule = FieldOf<'HTTPRoute', 'rules'>[number];

/** A rule can have only one filter of each kind (Gateway API, HTTPRouteRule.filters). */
function headerFilters(env: Environment, { headers, protocol }: Exposes): RouteFilter[] {
  const list = (map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(([name, value]) => ({ name, value }));
  // Traefik 3.6.12 answers UNAVAILABLE to all calls of a GRPCRoute with such a filter (grpcroute.go, loadGRPCMiddlewares).
  const response = protocol === 'grpc' ? {} : withStrictTransport(env, headers.response);
  const request = list(headers.request);
  return [
    ...(request.length === 0
      ? []
      : [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: request } }]),
    ...(Object.keys(response).length === 0
      ? []
      : [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set: list(response) } }]),
  ];
}

/** The app's own header replaces that of the gateway, in whatever letters its name is written (RFC 9110). */
function withStrictTransport(
  { cluster }: Environment,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = Object.keys(own).map((name) => name.toLowerCase());
  const added = Object.entries(strictTransport(cluster)).filter(
    ([name]) => !names.includes(name.toLowerCase()),
  );
  return { ...Object.fromEntries(added), ...own };
}

/** Redirects go to HTTPS and to the public port, even if the listener itself speaks HTTP on another port. */
function redirects({ cluster }: Environment, exposes: Exposes): Rule[] {
  return Object.entries(exposes.redirects).map(([path, given]) => {
    const { to, permanent } = typeof given === 'string' ? { to: given, permanent: false } : given;
    const isElsewhere = to.startsWith('https://');
    const url = new URL(to, 'https://here.invalid');
    return {
      matches: [{ path: { type: 'Exact', value: path } }],
      filters: [
        {
          type: 'RequestRedirect',
          requestRedirect: {
            scheme: 'https',
            ...(isElsewhere ? { hostname: url.hostname } : {}),
            port: isElsewhere ? Number(url.port || 443) : gatewayPorts(cluster).https,
            path: { type: 'ReplaceFullPath', replaceFullPath: url.pathname },
            statusCode: permanent ? 301 : 302,
          },
        },
      ],
    };
  });
}
