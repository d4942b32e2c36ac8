import { onceEach } from '../../model/once-each.ts';
import type { Operator } from '../../model/operator.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { field, listField, textField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { idOf, kindOf, objectId } from '../kube/object-id.ts';
import { defaultStorageNeed, kindNeed } from './needs.ts';
import { imagesNeed } from './pod-needs.ts';

/** The ids of everything that exists once an object is applied and ready. */
export const provides: (object: KubeObject) => string[] = onceEach((object) => {
  const ids = [objectId(object)];
  if (object.kind === 'CustomResourceDefinition') {
    const kind = textField(object, 'spec', 'names', 'kind');
    const group = textField(object, 'spec', 'group');
    if (kind !== undefined && group !== undefined) ids.push(kindNeed(`${kind}.${group}`));
  }
  if (object.kind === 'StorageClass' && isDefault(object)) ids.push(defaultStorageNeed);
  const secret = textField(object, 'spec', 'secretName');
  if (kindOf(object) === 'Certificate.cert-manager.io' && secret !== undefined) {
    ids.push(idOf('Secret', secret, object.metadata.namespace));
  }
  const copied = textField(object, 'spec', 'target', 'name');
  if (kindOf(object) === 'ExternalSecret.external-secrets.io' && copied !== undefined) {
    ids.push(idOf('Secret', copied, object.metadata.namespace));
  }
  if (kindOf(object) === 'Bundle.trust.cert-manager.io') ids.push(...bundleTargets(object));
  return ids;
});

/** Ids of the objects that an operator creates at run time, from its description. */
export function operatorProvides({ provides }: Operator, { domain }: Cluster): string[] {
  const kinds = ['StorageClass', 'GatewayClass', 'IngressClass'];
  const { classes, imageHost } = provides;
  const ids = classes.flatMap((className) => kinds.map((kind) => idOf(kind, className)));
  return imageHost === undefined ? ids : [...ids, imagesNeed(`${imageHost}.${domain}`)];
}

function isDefault(object: KubeObject): boolean {
  return field(object.metadata.annotations, 'storageclass.kubernetes.io/is-default-class') === 'true';
}

/** Targets of a Bundle: an object with its name in each matching namespace. */
function bundleTargets(object: KubeObject): string[] {
  const target = field(object, 'spec', 'target');
  const kinds = [
    ...(field(target, 'configMap') === undefined ? [] : ['ConfigMap']),
    ...(field(target, 'secret') === undefined ? [] : ['Secret']),
  ];
  const namespaces = listField(target, 'namespaceSelector', 'matchExpressions').flatMap((expression) =>
    listField(expression, 'values').map(String),
  );
  return kinds.flatMap((kind) => namespaces.map((space) => idOf(kind, object.metadata.name, space)));
}
