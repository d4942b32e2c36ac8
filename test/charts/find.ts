import type { Component, KubeObject } from '../../charts/kube/kube-object.ts';

/** The one object of that kind and name in a component. */
export function find(component: Component, kind: string, name: string): KubeObject {
  const found = component.objects.filter((object) => object.kind === kind && object.metadata.name === name);
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new Error(`${component.name} has ${found.length} objects ${kind}/${name}`);
}
