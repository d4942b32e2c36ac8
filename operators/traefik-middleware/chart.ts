import { middlewarePolicies } from '../../charts/gateway/middleware-policy.ts';
import { component } from '../../charts/kube/component.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import type { Environment } from '../../model/graph.ts';
import { middlewareOperator, usesMiddleware } from '../../model/middleware.ts';

/** The admission policy for Traefik's own kinds; undefined where no app has limits or CORS, and Traefik does not read these kinds. */
export function chart(env: Environment): Component | undefined {
  if (!env.apps.some(usesMiddleware)) return undefined;
  return component(middlewareOperator, (chart) => middlewarePolicies(chart, env));
}
