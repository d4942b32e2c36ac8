import { onceEach } from '../../model/once-each.ts';
import type { Operator } from '../../model/operator.ts';
import type { SpecOf } from '../kube/custom-resource.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { kindOf } from '../kube/object-id.ts';

/**
 * Health checks for Flux, from the operators' descriptions, for each kind of custom resource among the
 * objects. Without them Flux treats an object as ready before its controller has seen it, and knows only the
 * condition `Ready`. https://fluxcd.io/flux/components/kustomize/Kustomizations/#health-check-expressions
 */
export function healthChecks(
  operators: Operator[],
  objects: KubeObject[],
): Pick<SpecOf<'Kustomization'>, 'healthCheckExprs'> {
  const byKind = new Map(objects.map((object) => [kindOf(object), object]));
  const exprs = withConditions(operators).flatMap((custom) => {
    const { kind } = custom;
    const object = byKind.get(kind);
    if (object === undefined) return [];
    return [
      {
        apiVersion: object.apiVersion,
        kind: object.kind,
        current: 'statusField' in custom ? fieldIsTrue(custom.statusField) : current(kind, custom.conditions),
      },
    ];
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

/** A webhook without a CA fails every call, and thereby every write of the kinds that it checks. */
const isTrusted = 'webhooks.all(w, has(w.clientConfig.caBundle))';

function current(kind: string, conditions: string[]): string {
  if (!kind.endsWith('Route.gateway.networking.k8s.io')) return all('status', conditions);
  return `status.parents.size() > 0 && status.parents.all(parent, ${all('parent', conditions)})`;
}

function all(of: string, conditions: string[]): string {
  return conditions.map((type) => `${of}.conditions.exists(c, ${isTrue(type)})`).join(' && ');
}

/** CEL condition for a kind whose readiness is a status field; the writer also sets observedGeneration. */
function fieldIsTrue(name: string): string {
  return `has(status.${name}) && status.${name} && status.observedGeneration == metadata.generation`;
}

/** CEL condition of the current generation: an older one can remain from before the last change. */
function isTrue(type: string): string {
  return `c.type == '${type}' && c.status == 'True' && (!has(c.observedGeneration) || c.observedGeneration == metadata.generation)`;
}
