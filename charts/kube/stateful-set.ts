import { ApiObject, type Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { draining, type WorkloadInput, workload } from './deployment.ts';
import { podLabels } from './names.ts';

/** A StatefulSet: each pod has a name of its own, volumes of its own, and keeps both. */
export interface StatefulSetInput extends WorkloadInput {
  /** One claim of each for each pod. */
  claims: k8s.KubePersistentVolumeClaimProps[];
}

/**
 * A StatefulSet whose pods carry `podLabels(name)`, and the Service by which each of them has a host name:
 * `NAME-0.NAME-pods.NAMESPACE.svc`.
 */
export function statefulSet(chart: Chart, input: StatefulSetInput): void {
  const { name, namespace, claims, drainSeconds } = input;
  const serviceName = `${name}-pods`;
  new k8s.KubeService(chart, `service-${serviceName}`, {
    metadata: { name: serviceName, namespace, labels: podLabels(name) },
    // They find each other before they are ready.
    spec: { clusterIp: 'None', selector: podLabels(name), publishNotReadyAddresses: true },
  });
  const { metadata, spec } = workload(input, 'controller-revision-hash');
  const manifest = k8s.KubeStatefulSet.manifest({
    metadata,
    spec: {
      ...spec,
      serviceName,
      // Who needs a majority of the others to be ready would wait for ever if they came one after the other.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      // Also where there are fewer pods, and where it goes: nothing that makes things deletes data.
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: claims,
    },
  });
  new ApiObject(chart, `stateful-set-${name}`, draining(manifest, drainSeconds));
}
