import { field } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { quantityOf } from '../../model/schema/quantity.ts';
import { changes } from '../objects/object-changes.ts';

/** Immutable fields by kind (the API server's validation, below pkg/apis). */
const fixed: Readonly<Record<string, string[][]>> = {
  Deployment: [['spec', 'selector']],
  DaemonSet: [['spec', 'selector']],
  Job: [
    ['spec', 'selector'],
    ['spec', 'template'],
    ['spec', 'completionMode'],
  ],
  ClusterRoleBinding: [['roleRef']],
  RoleBinding: [['roleRef']],
  StorageClass: [['provisioner'], ['parameters'], ['reclaimPolicy'], ['volumeBindingMode']],
  PriorityClass: [['value'], ['preemptionPolicy']],
  IngressClass: [['spec', 'controller']],
  GatewayClass: [['spec', 'controllerName']],
  CSIDriver: [['spec', 'attachRequired']],
};

/** The mutable fields of a StatefulSet's spec; all others are immutable. */
const openOfStatefulSet = [
  ...['replicas', 'template', 'updateStrategy', 'minReadySeconds', 'ordinals'],
  ...['revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy'],
];

/** The immutable fields that a change modifies, each with the reason. */
export function immutableChanges(before: KubeObject, after: KubeObject): { path: string; why: string }[] {
  const why = 'the API server does not allow a change';
  const differs = (path: string[]) => changes(field(before, ...path), field(after, ...path)).length > 0;
  const found = (fixed[before.kind] ?? []).filter(differs).map((path) => ({ path: path.join('.'), why }));
  switch (before.kind) {
    case 'StatefulSet': {
      const keys = Object.keys({ ...Object(before.spec), ...Object(after.spec) });
      const closed = keys.filter((key) => !openOfStatefulSet.includes(key) && differs(['spec', key]));
      return closed.map((key) => ({ path: `spec.${key}`, why }));
    }
    case 'Service':
      // The cluster chooses the value of an absent field and keeps it.
      return ['clusterIP', 'clusterIPs']
        .filter((key) => field(before, 'spec', key) !== undefined && field(after, 'spec', key) !== undefined)
        .filter((key) => differs(['spec', key]))
        .map((key) => ({ path: `spec.${key}`, why }));
    case 'PersistentVolumeClaim': {
      const closed = [
        'accessModes',
        'storageClassName',
        'volumeName',
        'volumeMode',
        'selector',
        'dataSource',
      ];
      return [
        ...closed.filter((key) => differs(['spec', key])).map((key) => ({ path: `spec.${key}`, why })),
        ...shrinks(before, after, ['spec', 'resources', 'requests', 'storage']),
      ];
    }
    case 'ConfigMap':
    case 'Secret':
      return field(before, 'immutable') === true
        ? ['data', 'binaryData', 'immutable']
            .filter((key) => differs([key]))
            .map((path) => ({ path, why: 'it has immutable: true' }))
        : [];
    case 'Cluster':
      return shrinks(before, after, ['spec', 'storage', 'size']);
    default:
      return found;
  }
}

function shrinks(before: KubeObject, after: KubeObject, path: string[]): { path: string; why: string }[] {
  const [old, now] = [quantityOf(field(before, ...path)), quantityOf(field(after, ...path))];
  return old !== undefined && now !== undefined && now < old
    ? [{ path: path.join('.'), why: 'a volume can grow and never shrink' }]
    : [];
}
