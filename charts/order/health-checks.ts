import { onceEach } from '../../model/once-each.ts';
import type { Operator } from '../../model/operator.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { kindOf } from '../kube/object-id.ts';

/**
 * For Flux, which otherwise takes an object for ready whose controller has not looked at it yet, and knows no condition but
 * `Ready`: for each kind of custom resource among the objects what must hold, as its operator says.
 * https://fluxcd.io/flux/components/kustomize/Kustomizations/#health-check-expressions
 */
export function healthChecks(operators: Operator[], objects: KubeObject[]): object {
  const byKind = new Map(objects.map((object) => [kindOf(object), object]));
  const exprs = withConditions(operators).flatMap(({ kind, conditions }) => {
    const object = byKind.get(kind);
    if (object === undefined) return [];
    return [{ apiVersion: object.apiVersion, kind: object.kind, current: current(kind, conditions) }];
  });
  const webhooks = webhookKinds.flatMap((kind) => {
    const object = objects.find((one) => one.kind === kind);
    return object === undefined ? [] : [{ apiVersion: object.apiVersion, kind, current: isTrusted }];
  });
  const all = [...webhooks, ...exprs];
  return all.length === 0 ? {} : { healthCheckExprs: all };
}

const withConditions = onceEach((operators: readonly Operator[]) =>
  operators.flatMap(({ provides }) => provides.kinds).filter((kind) => typeof kind !== 'string'),
);

const webhookKinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** Before somebody has written whom to trust, every call of the API server to a webhook fails, and so does what it guards. */
const isTrusted = 'webhooks.all(w, has(w.clientConfig.caBundle))';

function current(kind: string, conditions: string[]): string {
  if (!kind.endsWith('Route.gateway.networking.k8s.io')) return all('status', conditions);
  return `status.parents.size() > 0 && status.parents.all(parent, ${all('parent', conditions)})`;
}

function all(of: string, conditions: string[]): string {
  return conditions.map((type) => `${of}.conditions.exists(c, ${isTrue(type)})`).join(' && ');
}

/** Of the object as it is now: a condition may be left from before its last change. */
function isTrue(type: string): string {
  return `c.type == '${type}' && c.status == 'True' && (!has(c.observedGeneration) || c.observedGeneration == metadata.generation)`;
}
