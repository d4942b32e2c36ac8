import type { EnvironmentApp } from '../../model/graph.ts';
import type { Cluster } from '../../model/schema/cluster.ts';

/** The address to type into a browser; none where the app is not exposed. */
export function publicUrl(cluster: Pick<Cluster, 'provider'>, { host }: EnvironmentApp): string | undefined {
  if (host === undefined) return undefined;
  const port = cluster.provider.kind === 'kind' ? cluster.provider.ports.http : 80;
  return port === 80 ? `http://${host}` : `http://${host}:${port}`;
}
