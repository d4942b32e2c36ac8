import { k8s } from 'cdk8s-plus-28';

/** Reservation of a workload; memory is also the limit. */
export interface Resources {
  cpu: string;
  memory: string;
  /** Default: the request. */
  memoryLimit?: string;
  /** Numbers of GPUs by the name of their extended resource. Default: none. */
  gpus?: Readonly<Record<string, number>> | undefined;
  /** Reason for a large reservation; it becomes an annotation of the workload. */
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
  /** Added capabilities. Default: none. */
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
  /** Sidecars: they start before the app, after all steps, and end after it. Default: none. */
  sidecars?: ContainerInput[];
  /** Numeric user of the process. 0, root, breaks the rule `non-root`. */
  user: number;
  /** Whether the group of the same number owns the pod's volumes. */
  ownsVolumes?: boolean;
  /** Whether the process uses the Kubernetes API and gets the token of its service account. */
  kubernetesApi?: boolean;
}

/** Default user: 'nonroot' of the distroless images. */
export const nonRoot = 65532;

/**
 * Creates every pod spec: Pod Security 'restricted', a read-only root file system, and no service account
 * token by default.
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
      // The sysctl allows any user to listen on low ports in the pod's own network, so no capability is
      // needed.
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

/** No CPU limit: it would throttle a process while the processor is idle. */
function kubeResources({
  cpu,
  memory,
  memoryLimit = memory,
  gpus = {},
}: Resources): k8s.ResourceRequirements {
  // The reservation of an extended resource is its limit (Kubernetes, 'Schedule GPUs').
  const devices = Object.entries(gpus).map(
    ([name, count]) => [name, k8s.Quantity.fromNumber(count)] as const,
  );
  return {
    requests: { cpu: k8s.Quantity.fromString(cpu), memory: k8s.Quantity.fromString(memory) },
    limits: { memory: k8s.Quantity.fromString(memoryLimit), ...Object.fromEntries(devices) },
  };
}
