import { type Lock, pinnedReference } from '../../images/lock/index.ts';
import { hostsToml, mirroredHosts } from '../../images/mirror/index.ts';
import type { Environment } from '../../model/graph.ts';
import { publicPortsOf } from '../../model/public-ports.ts';
import { bucketName } from '../../model/schema/aws-role.ts';
import { mirrorSetting } from '../../model/schema/cluster/mirror.ts';
import { teamRegistry } from '../../model/schema/cluster/registry.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { vpcCidr } from '../../model/vpc-addresses.ts';
import { teamRegistryHosts, teamRegistryUrl } from '../cluster/registry-hosts.ts';
import type { Machines } from './machines.ts';
import type { Program } from './node-programs.ts';

/** An Ansible inventory in the format of its YAML plugin (JSON is YAML). */
export interface AnsibleInventory {
  all: {
    vars: Record<string, unknown>;
    children: {
      cluster: { children: { control_plane: HostGroup; workers: HostGroup } };
      /** Groups by distribution: one has all machines, the other none. Plays for a distribution use its group. */
      kubeadm: { children: { cluster?: object } };
      k3s: { children: { cluster?: object } };
    };
  };
}

interface HostGroup {
  hosts: Record<string, { ansible_host: string; node_address: string }>;
}

/** Facts of this machine. */
export interface Local {
  /** Programs by name. */
  binaries: Record<string, Program>;
  /** Folder for this cluster's files: kubeconfig, snapshots. */
  state: string;
}

/** Address ranges inside the cluster, the same as in Kind. */
const podSubnet = '10.244.0.0/16';
const serviceSubnet = '10.96.0.0/16';

/** All variables of a cluster for the roles in ansible/. */
export function inventoryOf(
  { cluster, apps }: Pick<Environment, 'cluster' | 'apps'>,
  lock: Lock,
  { machines, endpoint, serviceAccountIssuer = '' }: Machines,
  local: Local,
): AnsibleInventory {
  const { name, kubernetes, provider, registry } = cluster;
  const ssh = provider.kind === 'machines' ? provider.ssh : { user: 'ubuntu', port: 22, keys: [] };
  const mirror = mirrorSetting(cluster);
  const open = (protocol: 'tcp' | 'udp') =>
    publicPortsOf({ apps }).flatMap((port) => (port.protocol === protocol ? [port.nodePort] : []));
  const registryName = teamRegistry(cluster);
  return {
    all: {
      vars: {
        ansible_user: ssh.user,
        ansible_port: ssh.port,
        ssh_user: ssh.user,
        ssh_port: ssh.port,
        ssh_keys: ssh.keys,
        cluster_name: name,
        kubernetes_version: kubernetes.version,
        // The name stays the same if the address changes, so certificates and kubeconfigs stay valid.
        api_name: `api.${name}.internal`,
        api_address: endpoint,
        virtual_address: kubernetes.virtualAddress ?? '',
        service_account_issuer: serviceAccountIssuer,
        ...snapshotBucket(cluster),
        pod_subnet: podSubnet,
        service_subnet: serviceSubnet,
        // Empty: the address of each node.
        node_network: provider.kind === 'machines' ? (provider.network ?? '') : vpcCidr,
        public_tcp_node_ports: open('tcp'),
        public_udp_node_ports: open('udp'),
        binaries: local.binaries,
        images: imageReferences(lock, mirror),
        registry_name: registryName,
        registry_hosts: {
          ...hostsToml('', mirror),
          [registryName]: teamRegistryHosts(cluster),
        },
        registry_mirrors: mirroredHosts(mirror),
        registry_overlay: registry.overlay,
        registry_url: teamRegistryUrl(cluster),
        state: local.state,
      },
      children: {
        cluster: {
          children: {
            control_plane: groupOf(machines, 'control-plane'),
            workers: groupOf(machines, 'worker'),
          },
        },
        kubeadm: { children: kubernetes.distribution === 'kubeadm' ? { cluster: {} } : {} },
        k3s: { children: kubernetes.distribution === 'k3s' ? { cluster: {} } : {} },
      },
    },
  };
}

/** The machines of a role, as a group of Ansible. */
function groupOf(machines: Machines['machines'], role: string): HostGroup {
  const hosts = machines
    .filter((machine) => machine.role === role)
    .map(({ name, address, privateAddress }) => [
      name,
      { ansible_host: address, node_address: privateAddress },
    ]);
  return { hosts: Object.fromEntries(hosts) };
}

/** References of all images. A mirror can have images that were built here; their digests differ from upstream's. */
function imageReferences(lock: Lock, mirror: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(lock.images).map(([name, image]) => [
      name,
      mirror === '' ? pinnedReference(image) : image.ref,
    ]),
  );
}

/** Second place of etcd snapshots: the bucket that the stacks create, if they create the machines. */
function snapshotBucket({ name, provider }: Cluster): { snapshot_bucket: string; snapshot_region: string } {
  if (provider.kind !== 'aws') return { snapshot_bucket: '', snapshot_region: '' };
  const bucket = bucketName(name, 'etcd', provider.account);
  return {
    snapshot_bucket: `https://${bucket}.s3.${provider.region}.amazonaws.com`,
    snapshot_region: provider.region,
  };
}
