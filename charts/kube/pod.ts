import { k8s } from 'cdk8s-plus-28';

/** What a workload reserves; memory is also the limit. */
export interface Resources {
  cpu: string;
  memory: string;
  /** Default: what it reserves. */
  memoryLimit?: string;
  /** Why it needs that much, where that is much; becomes an annotation of the workload. */
  reason?: string | undefined;
}

/** A container without what every container here has in common. */
export interface ContainerInput extends Omit<k8s.Container, 'securityContext' | 'resources'> {
  resources: Resources;
}

/** A pod without what every pod here has in common. */
export interface PodInput
  extends Omit<k8s.PodSpec, 'containers' | 'securityContext' | 'automountServiceAccountToken'> {
  container: ContainerInput;
  /** Further containers of the pod. Default: none. */
  beside?: ContainerInput[];
  /** Numeric user that the process runs as; never 0. */
  user: number;
  /** Whether its volumes are handed to the group of the same number. */
  ownsVolumes?: boolean;
  /** Whether the process talks to the Kubernetes API and gets the token of its service account. */
  kubernetesApi?: boolean;
}

/** The user of processes that need no certain one: 'nonroot' of the distroless images. */
export const nonRoot = 65532;

/**
 * The one way to a pod spec: what Pod Security calls 'restricted', a read-only root file system, no token of a
 * service account unless it is asked for.
 */
export function podSpec(input: PodInput): k8s.PodSpec {
  const { container, beside = [], user, ownsVolumes = false, kubernetesApi = false, ...rest } = input;
  return {
    enableServiceLinks: false,
    ...rest,
    automountServiceAccountToken: kubernetesApi,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      ...(ownsVolumes ? { fsGroup: user, fsGroupChangePolicy: 'OnRootMismatch' } : {}),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container, ...beside].map(({ resources, ...given }) => ({
      ...given,
      resources: kubeResources(resources),
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      },
    })),
  };
}

/** No limit on CPU: it would throttle a process while the processor idles. */
function kubeResources({ cpu, memory, memoryLimit = memory }: Resources): k8s.ResourceRequirements {
  return {
    requests: { cpu: k8s.Quantity.fromString(cpu), memory: k8s.Quantity.fromString(memory) },
    limits: { memory: k8s.Quantity.fromString(memoryLimit) },
  };
}
