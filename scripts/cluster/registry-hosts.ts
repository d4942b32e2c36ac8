import { hostsFile, type RegistryHost } from '../../images/mirror/index.ts';
import { registryHasTls, registryNodeHost } from '../../model/registry.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';

/** File on each node with the roots of the registry: a timer of the node fetches them from the cluster. */
const rootsFile = '/etc/containerd/registry-roots.pem';

/** File on each node with the kubelet's certificate and its key, which the kubelet renews (kubelet, `--cert-dir`). */
const kubeletCertificate = '/var/lib/kubelet/pki/kubelet-client-current.pem';

/** Where nodes read the team's registry: at its node port, which answers on each of them. */
export function teamRegistryUrl(cluster: Pick<Cluster, 'name' | 'domain' | 'provider' | 'registry'>): string {
  const scheme = registryHasTls(cluster) ? 'https' : 'http';
  return `${scheme}://${registryNodeHost(cluster)}:${nodePorts.registry}`;
}

/**
 * The `hosts.toml` of containerd for the team's registry: at its node port, which answers on each node. With the overlay `tls`
 * a node shows the certificate of its kubelet there. containerd reads both files at each pull.
 *
 * @param first asked before. Default: none.
 */
export function teamRegistryHosts(
  cluster: Pick<Cluster, 'name' | 'domain' | 'provider' | 'registry'>,
  first: readonly RegistryHost[] = [],
): string {
  const own: RegistryHost = {
    url: teamRegistryUrl(cluster),
    path: '',
    ...(registryHasTls(cluster) ? { ca: rootsFile, client: kubeletCertificate } : {}),
  };
  return hostsFile(own, [...first, own]);
}
