import type { Chart } from 'cdk8s';
import type { EnvironmentApp } from '../../model/graph.ts';
import { bodySizes, type Concern, concernsOf, middlewareName } from '../../model/middleware.ts';
import type { Cors } from '../../model/schema/cors.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import type { Exposes } from '../../model/schema/exposes.ts';
import { customResource, type FieldOf, type SpecOf } from '../kube/custom-resource.ts';

/** API group and version of Traefik's own kinds. */
export const traefikApi = { group: 'traefik.io', version: 'v1alpha1' } as const;

/** A filter that both kinds of route have. */
export type RouteFilter = NonNullable<FieldOf<'GRPCRoute', 'rules'>[number]['filters']>[number];

/**
 * Adds the Middlewares of an app in the namespace of its route, and returns the filters that refer to them. Traefik applies filters
 * in their order: CORS first, so that pages can read refusals too, and bodies last, so that none is received in vain.
 */
export function middleware(
  chart: Chart,
  app: EnvironmentApp,
  exposes: Exposes,
  namespace: string,
): RouteFilter[] {
  const { group, version } = traefikApi;
  return concernsOf({ exposes }).map((concern) => {
    const name = middlewareName(app, concern);
    customResource(chart, `middleware-${name}`, {
      apiVersion: `${group}/${version}`,
      kind: 'Middleware',
      metadata: { name, namespace },
      spec: specOf(concern, exposes),
    });
    return { type: 'ExtensionRef', extensionRef: { group, kind: 'Middleware', name } };
  });
}

function specOf(concern: Concern, exposes: Exposes): SpecOf<'Middleware'> {
  const { cors, limits } = exposes;
  switch (concern) {
    case 'cors':
      return cors === undefined ? {} : { headers: corsHeaders(cors) };
    case 'rate': {
      const { perSecond = 0, burst = perSecond } = limits?.rate ?? {};
      return { rateLimit: { average: perSecond, period: '1s', burst, sourceCriterion } };
    }
    case 'in-flight':
      return { inFlightReq: { amount: limits?.inFlight ?? 0, sourceCriterion } };
    case 'body':
      return { buffering: buffering(exposes) };
  }
}

/**
 * All in memory: Traefik leaves the file of an answer behind when the answer is too large or the visitor goes away, and the memory
 * of a file would be lost until a restart (multibuf v0.1.2, writerOnce.Close).
 */
function buffering(exposes: Exposes): NonNullable<SpecOf<'Middleware'>['buffering']> {
  const { body = 0, answer = 0 } = bodySizes({ exposes }) ?? {};
  return {
    maxRequestBodyBytes: body,
    memRequestBodyBytes: body,
    maxResponseBodyBytes: answer,
    memResponseBodyBytes: answer,
  };
}

/**
 * All requests count together: Traefik writes the name of its own pod into this header of every request. By address all visitors would
 * be one, or a few: nodes and load balancers put their own address in its place. And a visitor can write a host in many ways
 * (capital letters, ports), each of which would have a count of its own.
 */
export const sourceCriterion = { requestHeaderName: 'X-Forwarded-Server' };

function corsHeaders(cors: Cors): NonNullable<SpecOf<'Middleware'>['headers']> {
  const { origins, methods, headers, exposedHeaders, credentials, maxAge } = cors;
  return {
    accessControlAllowOriginList: [...origins],
    ...(methods.length > 0 ? { accessControlAllowMethods: [...methods] } : {}),
    ...(headers.length > 0 ? { accessControlAllowHeaders: [...headers] } : {}),
    ...(exposedHeaders.length > 0 ? { accessControlExposeHeaders: [...exposedHeaders] } : {}),
    ...(credentials ? { accessControlAllowCredentials: true } : {}),
    accessControlMaxAge: inSeconds(maxAge),
    // Caches then keep an answer for each origin.
    addVaryHeader: true,
  };
}
