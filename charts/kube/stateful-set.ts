import { ApiObject, type Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { draining, type WorkloadInput, workload } from './deployment.ts';
import { podLabels } from './names.ts';

/** A StatefulSet: each pod keeps its own name and its own volumes. */
export interface StatefulSetInput extends WorkloadInput {
  /** Templates of the claims that each pod has. */
  claims: k8s.KubePersistentVolumeClaimProps[];
}

/**
 * A StatefulSet whose pods have `podLabels(name)`, with the headless Service that gives each pod a host name:
 * `NAME-0.NAME-pods.NAMESPACE.svc`.
 */
export function statefulSet(chart: Chart, input: StatefulSetInput): void {
  const { name, namespace, claims, drainSeconds } = input;
  const serviceName = `${name}-pods`;
  new k8s.KubeService(chart, `service-${serviceName}`, {
    metadata: { name: serviceName, namespace, labels: podLabels(name) },
    // Pods must find each other before they are ready.
    spec: { clusterIp: 'None', selector: podLabels(name), publishNotReadyAddresses: true },
  });
  const { metadata, spec } = workload(input, 'controller-revision-hash');
  const manifest = k8s.KubeStatefulSet.manifest({
    metadata,
    spec: {
      ...spec,
      serviceName,
      // A pod that needs a majority of the others to become ready would wait forever if they started one by
      // one.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      // Claims are kept when the workload is scaled down or deleted: no command that creates things deletes
      // data.
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: claims,
    },
  });
  new ApiObject(chart, `stateful-set-${name}`, draining(manifest, drainSeconds));
}
