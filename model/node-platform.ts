import type { Cluster } from './schema/cluster.ts';

/** The platform of the nodes, for which images are built: `linux/amd64`. */
export function nodePlatform({ nodes }: Pick<Cluster, 'nodes'>): string {
  return `linux/${nodes[0]?.architecture ?? 'amd64'}`;
}
