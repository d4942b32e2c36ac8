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

/** Where a store has its volume. */
export const dataFolder = '/data';

/** A store of metrics, logs, traces or silences. */
export interface StoreInput {
  /** Name of its operator, namespace, service account, volume and image. */
  name: string;
  /** Size of its volume, which is mounted at `dataFolder`. */
  size: string;
  /** Its configuration files, by name, and the folder at which they are mounted. Default: none. */
  configuration?: { folder: string; files: Record<string, string> };
  /** Whether it calls the Kubernetes API. Default: false. */
  kubernetesApi?: boolean;
  /** Seconds that it may take to write its memory to the disk. Default: that of Kubernetes, 30. */
  terminationGracePeriodSeconds?: number;
  /** Further volumes, and where they are mounted. Default: none. */
  mounted?: { volume: k8s.Volume; mount: k8s.VolumeMount }[];
  container: Omit<ContainerInput, 'name' | 'image' | 'volumeMounts'>;
}

/**
 * A store of one pod in a namespace of its own, with a volume, a certificate that callers can verify, and no network
 * traffic but what the caller of this function allows. Its processes reload certificates and configuration by themselves.
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
