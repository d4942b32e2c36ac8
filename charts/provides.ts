import type { Cluster } from '../model/cluster.ts';
import type { Operator } from '../model/operator.ts';
import { field, textField } from './field.ts';
import type { KubeObject } from './kube-object.ts';
import { defaultStorageNeed, kindNeed } from './needs.ts';
import { idOf, objectId } from './object-id.ts';
import { imagesNeed } from './pod-needs.ts';

/** The ids of everything that is there once an object has been applied and is ready. */
export function provides(object: KubeObject): string[] {
  const ids = [objectId(object)];
  if (object.kind === 'CustomResourceDefinition') {
    const kind = textField(object, 'spec', 'names', 'kind');
    const group = textField(object, 'spec', 'group');
    if (kind !== undefined && group !== undefined) ids.push(kindNeed(`${kind}.${group}`));
  }
  if (object.kind === 'StorageClass' && isDefault(object)) ids.push(defaultStorageNeed);
  return ids;
}

/** The ids of what an operator's own description says it makes while it runs. */
export function operatorProvides({ name, provides: { classes } }: Operator, { domain }: Cluster): string[] {
  const kinds = ['StorageClass', 'GatewayClass', 'IngressClass'];
  const ids = classes.flatMap((className) => kinds.map((kind) => idOf(kind, className)));
  return name === 'registry' ? [...ids, imagesNeed(`registry.${domain}`)] : ids;
}

function isDefault(object: KubeObject): boolean {
  return field(object.metadata.annotations, 'storageclass.kubernetes.io/is-default-class') === 'true';
}
