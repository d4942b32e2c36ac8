import { field, listField } from '../kube/field.ts';
import type { Inventory } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

const label = 'pod-security.kubernetes.io/enforce';

/** Every namespace has the Pod Security level 'restricted', or 'baseline' where one of its pods needs it. */
export function checkNamespaces(inventory: Inventory): Violation[] {
  return inventory
    .all('Namespace')
    .filter(({ object }) => {
      const level = object.metadata.labels?.[label];
      // A pod of root or with capabilities breaks rules of its own, each with its reason.
      const asked = () => inventory.workloadsIn(object.metadata.name).some(({ pod }) => needsBaseline(pod));
      return level !== 'restricted' && !(level === 'baseline' && asked());
    })
    .map((namespace) =>
      violation('pod-security', namespace, {
        what: `lets in pods that are ${namespace.object.metadata.labels?.[label] ?? 'privileged'}`,
        why: 'pods that no render made, such as those of a controller, are checked by nothing else',
        fix: `label it ${label}: restricted (namespace() of charts/kube/namespace.ts does)`,
      }),
    );
}

/** Whether Pod Security lets a pod into a namespace of level 'baseline' and not into one of level 'restricted'. */
function needsBaseline(pod: unknown): boolean {
  return [...listField(pod, 'initContainers'), ...listField(pod, 'containers')].some(
    (container) =>
      (field(container, 'securityContext', 'runAsUser') ?? field(pod, 'securityContext', 'runAsUser')) ===
        0 ||
      listField(container, 'securityContext', 'capabilities', 'add').some(
        (name) => name !== 'NET_BIND_SERVICE',
      ),
  );
}
