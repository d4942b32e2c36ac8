import { clusterClient } from '../../../scripts/cluster/client.ts';
import { type Pair, TestAuthority } from '../../services/authority.ts';

/** The current certificate, key and roots of its authority in a namespace. */
export async function identityIn(
  cluster: string,
  { namespace, secret, authority }: { namespace: string; secret: string; authority: string },
): Promise<{ pair: Pair; roots: string }> {
  const { core } = clusterClient(cluster);
  const [pair, trusted] = await Promise.all([
    pairIn(cluster, namespace, secret),
    core.readNamespacedConfigMap({ namespace, name: `${authority}-trust` }),
  ]);
  return { pair, roots: trusted.data?.['roots.pem'] ?? '' };
}

/**
 * An authority of the cluster with its key, which the test takes out of the namespace cert-manager as only an
 * administrator can: for certificates that cert-manager would not make, such as one that has ended.
 */
export async function takenOver(cluster: string, ca: string): Promise<TestAuthority> {
  const { cert, key } = await pairIn(cluster, 'cert-manager', ca);
  return TestAuthority.load({ root: cert, key: key.replaceAll(/-----[A-Z ]+-----|\s/g, '') });
}

async function pairIn(cluster: string, namespace: string, name: string): Promise<Pair> {
  const { data } = await clusterClient(cluster).core.readNamespacedSecret({ namespace, name });
  const text = (key: string) => Buffer.from(data?.[key] ?? '', 'base64').toString();
  return { cert: text('tls.crt'), key: text('tls.key') };
}
