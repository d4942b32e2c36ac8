import { createHash } from 'node:crypto';
import { certificatesIn, rootId } from '../../apps/kit/pem.ts';
import { trustName } from '../../charts/kube/names.ts';
import { registryName, registryRootsAnnotation } from '../../model/registry.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';
import type { CertificateHolder } from './certificate-holder.ts';

/** The nodes of a cluster, with the roots by which their containerd verifies the registry: each notes a checksum on itself. */
export async function nodesOfRegistry(client: ClusterClient): Promise<CertificateHolder[]> {
  const name = trustName(registryName);
  const [{ data = {} }, { items }] = await Promise.all([
    ask(
      client,
      `ConfigMap ${registryName}/${name}`,
      client.core.readNamespacedConfigMap({ name, namespace: registryName }),
    ),
    ask(client, 'Nodes', client.core.listNode()),
  ]);
  const roots = data['roots.pem'] ?? '';
  const wanted = rootsSum(roots);
  return items.map(({ metadata }) => ({
    who: `node ${metadata?.name ?? ''}`,
    by: 'process',
    roots:
      metadata?.annotations?.[registryRootsAnnotation] === wanted
        ? certificatesIn(roots).map(rootId).sort()
        : [],
    remedy: `journalctl -u plinth-registry-roots on ${metadata?.name ?? 'the node'}`,
  }));
}

/** The checksum that a node notes of these roots: of its file, which ends with one line break. */
export function rootsSum(pem: string): string {
  return createHash('sha256')
    .update(`${pem.replace(/\n+$/, '')}\n`)
    .digest('hex');
}
