import type { Cluster } from './schema/cluster.ts';

/** The platform that images must be for, so that every node can run them: `linux/amd64`. */
export function nodePlatform({ nodes }: Pick<Cluster, 'nodes'>): string {
  return `linux/${nodes[0]?.architecture ?? 'amd64'}`;
}
