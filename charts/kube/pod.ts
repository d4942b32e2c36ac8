import { k8s } from 'cdk8s-plus-28';

/** What a workload reserves; memory is also the limit. */
export interface Resources {
  cpu: string;
  memory: string;
  /** Default: the request. */
  memoryLimit?: string;
  /** Numbers of GPUs by the name of their extended resource. Default: none. */
  gpus?: Readonly<Record<string, number>> | undefined;
  /** Why it needs that much, where that is much; becomes an annotation of the workload. */
  reason?: string | undefined;
}

/** A container without the fields that every container gets. */
export interface ContainerInput
  extends Omit<k8s.Container, 'securityContext' | 'resources' | 'restartPolicy'> {
  resources: Resources;
  /** Numeric user of its process. Default: the pod's. */
  user?: number | undefined;
  /** Default: true. */
  readOnlyRoot?: boolean | undefined;
  /** Added ones. Default: none. */
  capabilities?: readonly string[] | undefined;
}

/** A pod without the fields that every pod gets. */
export interface PodInput
  extends Omit<
    k8s.PodSpec,
    'containers' | 'initContainers' | 'securityContext' | 'automountServiceAccountToken'
  > {
  container: ContainerInput;
  /** Further containers of the pod. Default: none. */
  beside?: ContainerInput[];
  /** Steps that end before it starts, in their order. Default: none. */
  init?: ContainerInput[];
  /** What starts before it, after all steps, and ends after it. Default: none. */
  sidecars?: ContainerInput[];
  /** Numeric user that the process runs as. 0, root, breaks the rule `non-root`. */
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
  const { container, beside = [], init = [], sidecars = [], user, ...others } = input;
  const { ownsVolumes = false, kubernetesApi = false, ...rest } = others;
  const lowest = Math.min(
    ...[container, ...beside, ...sidecars].flatMap(({ ports = [] }) =>
      ports.map(({ containerPort }) => containerPort),
    ),
  );
  const before = [
    ...init.map(containerOf),
    ...sidecars.map((each) => ({ ...containerOf(each), restartPolicy: 'Always' })),
  ];
  return {
    enableServiceLinks: false,
    ...rest,
    automountServiceAccountToken: kubernetesApi,
    securityContext: {
      runAsNonRoot: user !== 0,
      runAsUser: user,
      runAsGroup: user,
      ...(ownsVolumes ? { fsGroup: user, fsGroupChangePolicy: 'OnRootMismatch' } : {}),
      seccompProfile: { type: 'RuntimeDefault' },
      // In the pod's own network any user may then listen there: no capability is needed.
      ...(lowest < firstOpenPort ? { sysctls: [{ name: openPorts, value: String(lowest) }] } : {}),
    },
    ...(before.length > 0 ? { initContainers: before } : {}),
    containers: [container, ...beside].map(containerOf),
  };
}

/** A sysctl of the network namespace, which Pod Security lets every pod set (Kubernetes, 'Using sysctls'). */
const openPorts = 'net.ipv4.ip_unprivileged_port_start';
/** The kernel's default. */
const firstOpenPort = 1024;

function containerOf({
  resources,
  user,
  readOnlyRoot = true,
  capabilities = [],
  ...given
}: ContainerInput): k8s.Container {
  return {
    ...given,
    resources: kubeResources(resources),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], ...(capabilities.length > 0 ? { add: [...capabilities] } : {}) },
      readOnlyRootFilesystem: readOnlyRoot,
      ...(user === undefined ? {} : { runAsUser: user, runAsNonRoot: user !== 0 }),
    },
  };
}

/** No limit on CPU: it would throttle a process while the processor idles. */
function kubeResources({
  cpu,
  memory,
  memoryLimit = memory,
  gpus = {},
}: Resources): k8s.ResourceRequirements {
  // Of an extended resource a container reserves its limit (Kubernetes, 'Schedule GPUs').
  const devices = Object.entries(gpus).map(
    ([name, count]) => [name, k8s.Quantity.fromNumber(count)] as const,
  );
  return {
    requests: { cpu: k8s.Quantity.fromString(cpu), memory: k8s.Quantity.fromString(memory) },
    limits: { memory: k8s.Quantity.fromString(memoryLimit), ...Object.fromEntries(devices) },
  };
}
