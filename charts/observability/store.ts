import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { Environment } from '../../model/graph.ts';
import { configMap } from '../kube/config-map.ts';
import { deployment } from '../kube/deployment.ts';
import { imageRef } from '../kube/image.ts';
import { annotations } from '../kube/names.ts';
import { namespace } from '../kube/namespace.ts';
import { denyAll } from '../kube/network-policy.ts';
import { type ContainerInput, nonRoot } from '../kube/pod.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { volumeClaim } from '../kube/volume-claim.ts';
import { mutualIdentity } from './mutual-identity.ts';

/** Folder at which a store mounts its volume. */
export const dataFolder = '/data';

/** A store of metrics, logs, traces or silences. */
export interface StoreInput {
  /** Name of the operator, which is also that of its namespace, service account, volume and image. */
  name: string;
  /** Size of the volume at `dataFolder`. */
  size: string;
  /** Configuration files by name, and the folder of their mount. Default: none. */
  configuration?: { folder: string; files: Record<string, string> };
  /** Whether it calls the Kubernetes API. Default: false. */
  kubernetesApi?: boolean;
  /** Seconds to write memory to the disk on shutdown. Default: 30, as in Kubernetes. */
  terminationGracePeriodSeconds?: number;
  /** Further volumes and their mounts. Default: none. */
  mounted?: { volume: k8s.Volume; mount: k8s.VolumeMount }[];
  container: Omit<ContainerInput, 'name' | 'image' | 'volumeMounts'>;
}

/**
 * A store with one pod in its own namespace, with a volume and a server certificate. Only the flows that the caller passes are
 * allowed. Its processes reload certificates and configuration by themselves.
 */
export function store(chart: Chart, env: Environment, input: StoreInput): void {
  const { name, size, configuration, kubernetesApi, terminationGracePeriodSeconds, container } = input;
  const { mounted = [] } = input;
  namespace(chart, name, 'restricted');
  serviceAccount(chart, name, name);
  volumeClaim(chart, name, name, size);
  denyAll(chart, name, ['Ingress', 'Egress']);
  const identity = mutualIdentity(chart, env, name);
  const podAnnotations =
    configuration === undefined ? undefined : configMap(chart, name, name, configuration.files);
  deployment(chart, {
    name,
    namespace: name,
    // Two pods cannot own one volume.
    update: 'recreate',
    annotations: { [annotations.reload]: 'files' },
    ...(podAnnotations ? { podAnnotations } : {}),
    pod: {
      serviceAccountName: name,
      user: nonRoot,
      ownsVolumes: true,
      ...(kubernetesApi === undefined ? {} : { kubernetesApi }),
      ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
      container: {
        ...container,
        name,
        image: imageRef(env, name),
        volumeMounts: [
          ...(configuration === undefined
            ? []
            : [{ name: 'config', mountPath: configuration.folder, readOnly: true }]),
          { name: 'data', mountPath: dataFolder },
          ...mounted.map(({ mount }) => mount),
          ...identity.volumeMounts,
        ],
      },
      volumes: [
        ...(configuration === undefined ? [] : [{ name: 'config', configMap: { name } }]),
        { name: 'data', persistentVolumeClaim: { claimName: name } },
        ...mounted.map(({ volume }) => volume),
        ...identity.volumes,
      ],
    },
  });
}
