import type { Chart } from 'cdk8s';
import { clusterRole, role } from '../../charts/kube/rbac.ts';

const core = [''];
const storage = ['storage.k8s.io'];
const read = ['get', 'list', 'watch'];

/** The rights that the controller's sidecars need, as in their own projects (deploy/kubernetes/rbac.yaml). */
export function controllerRights(chart: Chart, name: string, space: string): void {
  const subject = { serviceAccount: name, namespace: space };
  clusterRole(chart, name, subject, [
    {
      apiGroups: core,
      resources: ['persistentvolumes'],
      verbs: [...read, 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: core, resources: ['persistentvolumeclaims'], verbs: [...read, 'update'] },
    { apiGroups: core, resources: ['persistentvolumeclaims/status'], verbs: ['update', 'patch'] },
    { apiGroups: core, resources: ['nodes', 'pods'], verbs: read },
    { apiGroups: core, resources: ['events'], verbs: ['list', 'watch', 'create', 'update', 'patch'] },
    { apiGroups: storage, resources: ['storageclasses', 'csinodes'], verbs: read },
    { apiGroups: storage, resources: ['volumeattachments'], verbs: [...read, 'update', 'patch'] },
    { apiGroups: storage, resources: ['volumeattachments/status'], verbs: ['patch'] },
    { apiGroups: storage, resources: ['volumeattributesclasses'], verbs: read },
  ]);
  // Leader election of the two controllers.
  role(chart, name, space, subject, [
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: [...read, 'create', 'update', 'patch', 'delete'],
    },
  ]);
}
