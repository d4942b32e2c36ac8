import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hostsToml, mirrorAddress } from '../../images/mirror/index.ts';
import { registryMirror } from '../../images/pull/index.ts';
import type { Environment } from '../../model/graph.ts';
import { publicPortsOf } from '../../model/public-ports.ts';
import { mirrorSetting } from '../../model/schema/cluster/mirror.ts';
import { teamRegistry } from '../../model/schema/cluster/registry.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';
import { Failure } from '../cli/failure.ts';
import { teamRegistryHosts } from '../cluster/registry-hosts.ts';

/** Map from a loopback port of this machine to a node port. */
export interface PortMapping {
  host: number;
  node: number;
  /** Default: TCP. */
  protocol?: 'udp' | undefined;
}

/** All inputs of Kind. */
export interface KindCluster {
  name: string;
  roles: ('control-plane' | 'worker')[];
  /** Image of the nodes. */
  image: string;
  /** Folder on this machine with the files that the nodes mount; `writeNodeFiles` fills it. */
  files: string;
  ports: PortMapping[];
}

/** containerd's folder for registry settings on the nodes. */
export const registriesFolder = '/etc/containerd/certs.d';

/** The address range of all pods; each node has a part of it. */
export const podSubnet = '10.244.0.0/16';

/** The API server's Service: the first address of the range that Kind gives to Services. */
export const apiServerAddress = '10.96.0.1';

/** Inputs of Kind for an environment. */
export function kindCluster(environment: Environment, image: string, folder: string): KindCluster {
  const { name, provider, nodes } = environment.cluster;
  if (provider.kind !== 'kind') {
    throw new Failure(
      `${name} is not a Kind cluster.`,
      `Set provider.kind in clusters/${environment.name}/cluster.yaml.`,
    );
  }
  return {
    name,
    roles: nodes.map(({ role }) => role),
    image,
    files: join(folder, 'nodes'),
    ports: [
      ...(['http', 'https', 'registry'] as const).map((port) => ({
        host: provider.ports[port],
        node: nodePorts[port],
      })),
      ...publicPortsOf(environment).map(({ number, nodePort, protocol }) => ({
        host: number,
        node: nodePort,
        ...(protocol === 'udp' ? { protocol } : {}),
      })),
    ],
  };
}

/**
 * The `hosts.toml` of containerd by registry host. Nodes use the mirror first, then the registries of the
 * lock file or the mirror of cluster.yaml; for the team's images, then the registry in the cluster.
 */
export function nodeRegistries({ cluster }: Environment): Record<string, string> {
  const host = teamRegistry(cluster);
  return {
    ...hostsToml(registryMirror(mirrorSetting(cluster))),
    [host]: teamRegistryHosts(cluster, [{ url: `http://${mirrorAddress}`, path: host }]),
  };
}

/** Settings of Kind that are the same for every cluster. */
export function kindSettings(): Record<string, unknown> {
  return {
    networking: {
      ipFamily: 'ipv4',
      podSubnet,
      // Kind's own network plugin is not among the images that can be built; node-network.ts does the same on
      // every node image.
      disableDefaultCNI: true,
      // nftables mode uses a table of its own; in iptables mode, kube-proxy and the network policy controller
      // would rewrite each other's chains.
      kubeProxyMode: 'nftables',
    },
    containerdConfigPatches: [
      '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n',
    ],
    kubeadmConfigPatches: [stringify(kubelet)],
  };
}

/** Kind's configuration (kind.x-k8s.io/v1alpha4). */
export function kindDocument(cluster: KindCluster): object {
  const { name, roles, image, ports } = cluster;
  const mounts = [
    mount(cluster, 'certs.d', registriesFolder),
    mount(cluster, 'default-storage.yaml', '/kind/manifests/default-storage.yaml'),
  ];
  const controlPlaneFirst = [...roles].sort(
    (a, b) => Number(b === 'control-plane') - Number(a === 'control-plane'),
  );
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name,
    ...kindSettings(),
    nodes: controlPlaneFirst.map((role, index) => ({
      role,
      image,
      extraMounts: mounts,
      ...(index === 0
        ? {
            extraPortMappings: ports.map(({ host, node, protocol }) => ({
              ...(protocol === undefined ? {} : { protocol: 'UDP' }),
              containerPort: node,
              hostPort: host,
              listenAddress: '127.0.0.1',
            })),
          }
        : {}),
    })),
  };
}

/**
 * Writes the files that the nodes mount: a `hosts.toml` of containerd for each registry host, and the object
 * that replaces Kind's own storage class.
 */
export async function writeNodeFiles(cluster: KindCluster, hosts: Record<string, string>): Promise<void> {
  // The folder itself stays, because running nodes mount it.
  for (const [host, text] of Object.entries(hosts)) {
    const folder = join(cluster.files, 'certs.d', host);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'hosts.toml'), text);
  }
  await writeFile(join(cluster.files, 'default-storage.yaml'), stringify(noStorage));
}

function mount(cluster: KindCluster, file: string, containerPath: string): object {
  return { hostPath: join(cluster.files, file), containerPath, readOnly: true };
}

/**
 * Absolute limits: a laptop's disk is often over 85 % full, at which the default percentages evict pods and
 * delete images. On nodes with cgroups v1 the kubelet starts only with this setting (KEP-5573).
 */
const kubelet = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  failCgroupV1: false,
  // Interval at which a pod gets a renewed certificate or a changed ConfigMap; the default is a minute.
  // CloudNativePG has its own interval.
  syncFrequency: '10s',
  // In serial pulls a small image would wait for large ones, and everything that needs a volume for the
  // storage provisioner.
  serializeImagePulls: false,
  maxParallelImagePulls: 10,
  imageGCHighThresholdPercent: 100,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '1Gi',
    'nodefs.inodesFree': '10000',
    'imagefs.available': '1Gi',
  },
};

/**
 * Kind always applies a storage class of its own; ours comes from Git. This object replaces it, because
 * `kubectl apply` needs at least one.
 */
const noStorage = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'kind-storage', namespace: 'kube-system' },
  data: { note: 'The component local-path provides storage, not Kind.' },
};
