import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { neverPruned } from './never-pruned.ts';

/** A volume of the cluster's default class, for one node at a time; it outlives its manifest. */
export function volumeClaim(chart: Chart, name: string, namespace: string, size: string): void {
  new k8s.KubePersistentVolumeClaim(chart, `volume-claim-${name}`, {
    metadata: { name, namespace, annotations: { ...neverPruned } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: k8s.Quantity.fromString(size) } },
    },
  });
}
