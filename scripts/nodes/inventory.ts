import { hostsFile, hostsToml, mirroredHosts } from '../../images/mirror/server.ts';
import { bucketName } from '../../model/schema/aws-role.ts';
import { type Cluster, mirrorSetting, teamRegistry } from '../../model/schema/cluster.ts';
import { type Lock, pinnedReference } from '../../model/schema/lock.ts';
import { vpcCidr } from '../../model/vpc-addresses.ts';
import type { Machines } from './machines.ts';
import type { Program } from './programs.ts';

/** An Ansible inventory, as its YAML plugin reads it (JSON is YAML). */
export interface AnsibleInventory {
  all: {
    vars: Record<string, unknown>;
    children: {
      cluster: { children: { control_plane: HostGroup; workers: HostGroup } };
      /** Each has all machines or none: plays for one distribution are for the machines of its group. */
      kubeadm: { children: { cluster?: object } };
      k3s: { children: { cluster?: object } };
    };
  };
}

interface HostGroup {
  hosts: Record<string, { ansible_host: string; node_address: string }>;
}

/** What only this machine knows. */
export interface Local {
  /** By name. */
  binaries: Record<string, Program>;
  /** Path of the certificate of the authority that the registry's own one comes from; empty where nodes trust it already. */
  registryAuthority: string;
  /** Folder for the files of this cluster: kubeconfig, snapshots. */
  state: string;
}

/** Addresses inside the cluster; the same as Kind's, so that what runs on one runs on the other. */
const podSubnet = '10.244.0.0/16';
const serviceSubnet = '10.96.0.0/16';

/** All that the roles of ansible/ need to know of a cluster. */
export function inventoryOf(
  cluster: Cluster,
  lock: Lock,
  { machines, endpoint, serviceAccountIssuer = '' }: Machines,
  local: Local,
): AnsibleInventory {
  const { name, kubernetes, provider, registry } = cluster;
  const ssh = provider.kind === 'machines' ? provider.ssh : { user: 'ubuntu', port: 22, keys: [] };
  const mirror = mirrorSetting(cluster);
  const registryName = teamRegistry(cluster);
  const group = (role: string): HostGroup => ({
    hosts: Object.fromEntries(
      machines
        .filter((machine) => machine.role === role)
        .map((machine) => [
          machine.name,
          { ansible_host: machine.address, node_address: machine.privateAddress },
        ]),
    ),
  });
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
        // A name that stays when the address changes: no certificate and no kubeconfig has to.
        api_name: `api.${name}.internal`,
        api_address: endpoint,
        virtual_address: kubernetes.virtualAddress ?? '',
        service_account_issuer: serviceAccountIssuer,
        ...snapshotBucket(cluster),
        pod_subnet: podSubnet,
        service_subnet: serviceSubnet,
        // Empty: each node by its address.
        node_network: provider.kind === 'machines' ? (provider.network ?? '') : vpcCidr,
        binaries: local.binaries,
        // A mirror may hold images that were built, whose digests are their own.
        images: Object.fromEntries(
          Object.entries(lock.images).map(([name, image]) => [
            name,
            mirror === '' ? pinnedReference(image) : image.ref,
          ]),
        ),
        registry_name: registryName,
        registry_hosts: {
          ...hostsToml('', mirror),
          [registryName]: ownRegistry(registryName, registry.overlay, local),
        },
        registry_mirrors: mirroredHosts(mirror),
        registry_ca: local.registryAuthority,
        state: local.state,
      },
      children: {
        cluster: { children: { control_plane: group('control-plane'), workers: group('worker') } },
        kubeadm: { children: kubernetes.distribution === 'kubeadm' ? { cluster: {} } : {} },
        k3s: { children: kubernetes.distribution === 'k3s' ? { cluster: {} } : {} },
      },
    },
  };
}

/** Where snapshots of etcd are taken beside the machine: the bucket that the stacks make for them, if they make the machines. */
function snapshotBucket({ name, provider }: Cluster): { snapshot_bucket: string; snapshot_region: string } {
  if (provider.kind !== 'aws') return { snapshot_bucket: '', snapshot_region: '' };
  const bucket = bucketName(name, 'etcd', provider.account);
  return {
    snapshot_bucket: `https://${bucket}.s3.${provider.region}.amazonaws.com`,
    snapshot_region: provider.region,
  };
}

/** The team's own registry at its node port, which every node finds on itself under the registry's name. */
function ownRegistry(name: string, overlay: Cluster['registry']['overlay'], local: Local): string {
  const own = { url: `${overlay === 'tls' ? 'https' : 'http'}://${name}:30500`, path: '' };
  const ca = local.registryAuthority === '' ? {} : { ca: '/etc/containerd/registry-ca.crt' };
  return hostsFile(own, [{ ...own, ...ca }]);
}
