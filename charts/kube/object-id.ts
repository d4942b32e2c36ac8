import type { KubeObject } from './kube-object.ts';

/** Id of an object in errors and in the order: `Secret orders/orders-tls`, `Namespace orders`. */
export function objectId(object: KubeObject): string {
  return idOf(object.kind, object.metadata.name, object.metadata.namespace);
}

/** The same from its parts. */
export function idOf(kind: string, name: string, namespace?: string): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** `Kind.group`, as in `provides` of operators; only the kind for the core group. */
export function kindOf(object: KubeObject): string {
  const slash = object.apiVersion.indexOf('/');
  return slash === -1 ? object.kind : `${object.kind}.${object.apiVersion.slice(0, slash)}`;
}
