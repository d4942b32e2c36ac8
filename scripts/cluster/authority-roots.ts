import { rootsName, trustNamespace } from '../../charts/kube/names.ts';
import { gatewayAuthority } from '../../model/gateway.ts';
import type { ClusterClient } from './client.ts';
import { ask, isNotFound } from './request.ts';

/**
 * The CA certificates of a cluster's gateway, in PEM; empty before they exist, or if it has no CA of its own.
 */
export function gatewayRoots(client: ClusterClient): Promise<string[]> {
  return authorityRoots(client, gatewayAuthority);
}

/** The root certificates of an authority, in PEM; empty before cert-manager has created them. */
export async function authorityRoots(client: ClusterClient, authority: string): Promise<string[]> {
  const name = rootsName(authority);
  const found = client.core.readNamespacedConfigMap({ name, namespace: trustNamespace });
  try {
    const { data = {} } = await ask(client, `ConfigMap ${trustNamespace}/${name}`, found);
    return Object.keys(data)
      .filter((key) => key.endsWith('.pem'))
      .sort()
      .map((key) => data[key] ?? '');
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
