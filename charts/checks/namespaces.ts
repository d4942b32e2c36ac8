import { type Finding, finding } from './finding.ts';
import type { Inventory } from './inventory.ts';

const label = 'pod-security.kubernetes.io/enforce';

/** The API server itself refuses a pod that asks for more than its namespace allows, whoever made the pod. */
export function checkNamespaces(inventory: Inventory): Finding[] {
  return inventory
    .all('Namespace')
    .filter(({ object }) => object.metadata.labels?.[label] !== 'restricted')
    .map((namespace) =>
      finding('pod-security', namespace, {
        what: `lets in pods that are ${namespace.object.metadata.labels?.[label] ?? 'privileged'}`,
        why: 'pods that no render made, such as those of a controller, are checked by nothing else',
        fix: `label it ${label}: restricted (namespace() of charts/kube/namespace.ts does)`,
      }),
    );
}
