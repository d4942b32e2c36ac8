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
      // Pods as root or with capabilities break other rules, each with its own exception.
      const asked = () => inventory.workloadsIn(object.metadata.name).some(({ pod }) => needsBaseline(pod));
      return level !== 'restricted' && !(level === 'baseline' && asked());
    })
    .map((namespace) =>
      violation('pod-security', namespace, {
        what: `admits pods of the level ${namespace.object.metadata.labels?.[label] ?? 'privileged'}`,
        why: 'for pods that are not rendered here, such as those of a controller, it is the only check',
        fix: `label it ${label}: restricted (namespace() of charts/kube/namespace.ts does)`,
      }),
    );
}

/** Whether Pod Security admits a pod at the level 'baseline' but not at 'restricted'. */
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
