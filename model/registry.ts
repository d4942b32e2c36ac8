import { teamRegistry } from './schema/cluster/registry.ts';
import type { Cluster } from './schema/cluster.ts';

/** The authority of the team's registry, its operator, its namespace and its Service. */
export const registryName = 'registry';

/** The Certificate of the registry, and its Secret. */
export const registryCertificate = 'registry-tls';

/** The Secret with the logins of those who push, as an htpasswd file with bcrypt hashes; `npm run registry` writes it. */
export const registryLogins = { secret: 'registry-logins', key: 'htpasswd' } as const;

/** ConfigMap with the CA of kubelets' certificates, in `ca.crt`; only on k3s. ansible/roles/k3s writes it. */
export const registryNodes = 'registry-nodes';

/** Annotation of a node: the SHA-256 of the roots by which it verifies the registry. */
export const registryRootsAnnotation = 'plinth.io/registry-roots';

/** Whether the registry speaks HTTPS, and asks who calls. */
export function registryHasTls({ registry }: Pick<Cluster, 'registry'>): boolean {
  return registry.overlay === 'tls';
}

/** The host at which the gateway leads to the registry; undefined where it is not open to the outside. */
export function registryHost(cluster: Pick<Cluster, 'registry' | 'domain'>): string | undefined {
  return registryHasTls(cluster) ? teamRegistry(cluster) : undefined;
}

/** The host by which nodes call the registry at its node port. */
export function registryNodeHost(cluster: Pick<Cluster, 'name' | 'provider' | 'domain'>): string {
  // On machines each node knows the name as its own address; nodes of Kind know each other by the engine's DNS.
  return cluster.provider.kind === 'kind' ? `${cluster.name}-control-plane` : teamRegistry(cluster);
}

/** All names in the registry's certificate, its public one first. */
export function registryNames(cluster: Pick<Cluster, 'name' | 'provider' | 'domain'>): string[] {
  const service = `${registryName}.${registryName}.svc`;
  return [
    ...new Set([teamRegistry(cluster), registryNodeHost(cluster), `${service}.cluster.local`, service]),
  ];
}
