import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { neverPruned } from './never-pruned.ts';

/** A volume of the cluster's default class, for one node at a time; it outlives its manifest. */
export function volumeClaim(
  chart: Chart,
  name: string,
  namespace: string,
  size: string,
  storageClass?: string,
): void {
  new k8s.KubePersistentVolumeClaim(chart, `volume-claim-${name}`, {
    metadata: { name, namespace, annotations: { ...neverPruned } },
    spec: claimSpec(size, storageClass),
  });
}

/** Spec of a claim. Default class: that of the cluster. */
export function claimSpec(size: string, storageClass?: string): k8s.PersistentVolumeClaimSpec {
  return {
    accessModes: ['ReadWriteOnce'],
    ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    resources: { requests: { storage: k8s.Quantity.fromString(size) } },
  };
}
