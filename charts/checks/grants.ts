import { listField, textField } from '../kube/field.ts';
import type { Inventory, Owned } from './inventory.ts';

/** Map from `NAMESPACE/NAME` of a service account to the bindings that grant it rights. */
export function grantsOf(inventory: Inventory): Map<string, Owned[]> {
  const grants = new Map<string, Owned[]>();
  for (const binding of bindings(inventory)) {
    for (const subject of listField(binding.object, 'subjects')) {
      if (textField(subject, 'kind') !== 'ServiceAccount') continue;
      const account = `${textField(subject, 'namespace') ?? ''}/${textField(subject, 'name') ?? ''}`;
      grants.set(account, [...(grants.get(account) ?? []), binding]);
    }
  }
  return grants;
}

/** All RoleBindings and ClusterRoleBindings. */
export function bindings(inventory: Inventory): Owned[] {
  return ['RoleBinding', 'ClusterRoleBinding'].flatMap((kind) => [
    ...inventory.all(`${kind}.rbac.authorization.k8s.io`),
  ]);
}
